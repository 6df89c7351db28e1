import { html, raw } from 'hono/html'
import { field, hiddenName } from './field.js'
import type { Html } from './layout.js'
import { ago } from './time.js'

/** A device as this page shows it. */
interface Device {
  id: string
  label: string | undefined
  createdAt: number
  isCurrent: boolean
}

export const accountPage = ({ name, devices }: { name: string; devices: readonly Device[] }): Html => html`
<h1>Your account</h1>
<p class="lead">You are <strong>${name}</strong>.</p>
<section aria-labelledby="devices">
<h2 id="devices">Where you are signed in</h2>
<ul class="rows">${devices.map(deviceRow)}</ul>
${
  devices.length > 1 &&
  html`<form method="post" action="/account/sign-out-others"><button>Sign out everywhere else</button></form>`
}
</section>
<section aria-labelledby="password">
<h2 id="password">Password</h2>
<p>A new password signs you out everywhere else.</p>
<p><a class="button" href="/account/password">Change your password</a></p>
</section>
<section aria-labelledby="leave">
<h2 id="leave">Sign out</h2>
<form method="post">
<button formaction="/sign-out">On this device</button>
<button class="danger" formaction="/account/sign-out-everywhere">Everywhere</button>
</form>
</section>`

function deviceRow({ id, label = 'Unknown browser', createdAt, isCurrent }: Device): Html {
  return html`<li>${icon(label)}
<div class="what"><strong>${label}${isCurrent && html` <span class="badge">This device</span>`}</strong>
<span class="small">Signed in ${ago(createdAt)}</span></div>
${
  !isCurrent &&
  html`<form method="post" action="/account/sign-out-device"><input type="hidden" name="id" value="${id}">
<button>Sign out<span class="unseen"> ${label}, signed in ${ago(createdAt)}</span></button></form>`
}</li>`
}

/** For an admin who sees the site as somebody else. */
export const actingAccountPage = (name: string): Html => html`
<h1>The account of ${name}</h1>
<p class="lead">Where ${name} is signed in, and the password, are theirs alone.</p>`

export const passwordForm = ({ name, wrong }: { name: string; wrong?: string | undefined }): Html => html`
<h1>A new password</h1>
<p class="lead">You stay signed in here, and are signed out everywhere else.</p>
<form class="card" method="post" action="/account/password">
${hiddenName(name)}
${field({
  name: 'password',
  label: 'New password',
  type: 'password',
  autocomplete: 'new-password',
  hint: 'At least 10 characters.',
  wrong,
  autofocus: true,
})}
<button class="main">Change the password</button>
</form>
<p class="small"><a href="/account">Back to your account</a></p>`

/** Decoration: the words beside it say the same. */
function icon(label: string): Html {
  const shape = /iPhone|Android/.test(label)
    ? '<rect x="7" y="2.5" width="10" height="19" rx="2.5"/><path d="M11 18h2"/>'
    : '<rect x="2.5" y="4" width="19" height="13" rx="2"/><path d="M8 21h8M12 17v4"/>'
  return html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true">${raw(shape)}</svg>`
}
