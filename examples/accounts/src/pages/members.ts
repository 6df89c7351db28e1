import { html } from 'hono/html'
import type { User } from '../users.js'
import type { Html } from './layout.js'
import { ago } from './time.js'

/** For everybody. */
export const welcomePage = (isMember: boolean): Html => html`
<h1>Welcome to the club</h1>
<p class="lead">An example of everything that has to do with signing in: on several devices, for long or short, with a second look before what matters, and with an end when you say so.</p>
<p class="actions">${
  isMember
    ? html`<a class="button main" href="/members">To the members</a>`
    : html`<a class="button main" href="/sign-up">Sign up</a> <a class="button" href="/sign-in">Sign in</a>`
}</p>`

export const membersPage = (members: readonly User[]): Html => html`
<h1>Members</h1>
<p class="lead">Only members see who else is one.</p>
<section aria-label="All members">
<ul class="rows first">${members.map(
  ({ name, isAdmin, joinedAt }) => html`<li>${initial(name)}
<div class="what"><strong>${name}${isAdmin && html` <span class="badge">Admin</span>`}</strong>
<span class="small">Joined ${ago(joinedAt)}</span></div></li>`,
)}</ul>
</section>`

/** `members` without those whom nobody may be. */
export const adminPage = (members: readonly User[]): Html => html`
<h1>See the site as somebody else</h1>
<p class="lead">For a quarter of an hour, to find out what goes wrong for them. Their password and devices stay their own.</p>
${
  members.length === 0
    ? html`<section><p>Nobody else has signed up yet. Do it in a private window.</p></section>`
    : html`<section aria-label="Members">
<ul class="rows first">${members.map(
        ({ id, name }) => html`<li>${initial(name)}
<div class="what"><strong>${name}</strong></div>
<form method="post" action="/admin/impersonate"><input type="hidden" name="id" value="${id}">
<button>See the site<span class="unseen"> as ${name}</span></button></form></li>`,
      )}</ul>
</section>`
}`

const initial = (name: string): Html => html`<span class="initial" aria-hidden="true">${name[0]?.toUpperCase()}</span>`

export const messagePage = (heading: string, text: string): Html => html`
<h1>${heading}</h1>
<p class="lead">${text}</p>
<p class="actions"><a class="button" href="/">To the first page</a></p>`
