import type { StoredInfo } from '@fetch-sessions/core'
import { html } from 'hono/html'
import { style } from './style.js'

type Html = ReturnType<typeof html>

/** The form; after an attempt that failed, with what was wrong and the name that was given. */
export function signInPage({ problem, name = '' }: { problem?: string; name?: string } = {}): Html {
  return layout(
    'Sign in',
    html`
<h1>Sign in</h1>
${problem && html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="/sign-in">
<label>Name <input name="name" value="${name}" autocomplete="username" required${name === '' && ' autofocus'}></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required${name !== '' && ' autofocus'}></label>
<label class="line"><input name="remember" type="checkbox"> Remember me on this device</label>
<button class="main">Sign in</button>
</form>
<p class="small">For this demo: <code>demo</code> with <code>demo-password</code>, or <code>guest</code> with <code>guest-password</code>.</p>`,
  )
}

interface Account {
  user: string
  flash: string | undefined
  /** The id of the session that this page is shown in. */
  current: string
  sessions: StoredInfo[]
}

export function accountPage({ user, flash, current, sessions }: Account): Html {
  const session = ({ id, createdAt }: StoredInfo): Html =>
    html`<li>${id === current ? 'This browser' : 'Another browser'}, since ${time(createdAt)}</li>`
  return layout(
    'Your account',
    html`
<h1>Hello, ${user}</h1>
${flash && html`<p class="note" role="status">${flash}</p>`}
<h2>Where you are signed in</h2>
<ul>${sessions.map(session)}</ul>
<form method="post">
<button class="main" formaction="/sign-out">Sign out</button>
<button formaction="/sign-out-everywhere">Sign out everywhere</button>
</form>
<p class="small">After that, the back button does not bring this page back.</p>
<script src="/protected.js"></script>`,
  )
}

/**
 * For protected pages. A browser may keep even a no-store page, as it looks, for the back button. This hides it when it
 * is left, and has it made anew when it comes back: by then the visitor may be signed out.
 */
export const protectedScript = `addEventListener('pagehide', () => { document.body.hidden = true })
addEventListener('pageshow', (event) => { if (event.persisted) location.reload() })
`

function time(at: Date | number): Html {
  const date = new Date(at)
  return html`<time datetime="${date.toISOString()}">${date.toLocaleTimeString('en-GB')}</time>`
}

function layout(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>${content}
</main>
</body>
</html>
`
}
