import type { SessionInfo } from '@fetch-sessions/core'
import { page } from '@fetch-sessions/example-shared/page'
import { html } from 'hono/html'

type Html = ReturnType<typeof html>

/** The form; after an attempt that failed, with what was wrong and the name that was given. */
export function signInPage({ failed = false, name = '' }: { failed?: boolean; name?: string } = {}): string {
  const problem = failed && html` aria-invalid="true" aria-describedby="problem"`
  const next = html` autofocus`
  return page({
    title: failed ? 'Error: sign in' : 'Sign in',
    scripts: ['/forms.js'],
    content: html`
<h1>Sign in</h1>
<form method="post" action="/sign-in"${failed && html` class="problem"`}>
<input type="hidden" name="form" value="${crypto.randomUUID()}">
<label>Name <input name="name" value="${name}" autocomplete="username" required${problem}${name === '' && next}></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required${problem}${name !== '' && next}></label>
<p class="message" id="problem"${failed && html` role="alert"`}>${failed && 'Wrong name or password.'}</p>
<label class="line"><input name="remember" type="checkbox"> Remember me on this device</label>
<button class="main">Sign in</button>
</form>
<p class="small">For this demo: <code>demo</code> with <code>demo-password</code>, or <code>guest</code> with <code>guest-password</code>.</p>`,
  })
}

interface Account {
  user: string
  flash: string | undefined
  /** The id of the session that this page is shown in. */
  current: string
  sessions: SessionInfo[]
}

export function accountPage({ user, flash, current, sessions }: Account): string {
  const item = ({ id, label, createdAt }: SessionInfo): Html =>
    html`<li>${label ?? 'Unknown browser'}${id === current && html` <strong>(this one)</strong>`}<br><span class="small">Signed in on ${time(createdAt)}</span></li>`
  return page({
    title: 'Your account',
    scripts: ['/protected.js', '/forms.js'],
    content: html`
<h1>Hello, ${user}</h1>
<p class="message"${flash && html` role="status"`}>${flash}</p>
<h2>Where you are signed in</h2>
<ul>${sessions.map(item)}</ul>
<form method="post">
<button formaction="/sign-out">Sign out</button>
${sessions.length > 1 && html`<button formaction="/sign-out-others">Sign out the others</button>`}
<button formaction="/sign-out-everywhere">Sign out everywhere</button>
</form>
<p class="small">After that, the back button does not bring this page back.</p>`,
  })
}

/** Day and time: a session may be days old. */
function time(at: number): Html {
  const date = new Date(at)
  const words = date.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return html`<time datetime="${date.toISOString()}">${words} UTC</time>`
}
