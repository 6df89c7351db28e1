import type { SessionInfo } from '@fetch-sessions/core'
import { html } from 'hono/html'

type Html = ReturnType<typeof html>

export function signInPage(problem?: string): Html {
  return layout(
    'Sign in',
    html`
<h1>Sign in</h1>
${problem && html`<p class="note" role="alert">${problem}</p>`}
<form method="post" action="/sign-in">
<label>Name <input name="name" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
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
  sessions: SessionInfo[]
}

export function accountPage({ user, flash, current, sessions }: Account): Html {
  return layout(
    'Your account',
    html`
<h1>Hello, ${user}</h1>
${flash && html`<p class="note" role="status">${flash}</p>`}
<p>Where you are signed in:</p>
<ul>${sessions.map(
      ({ id, createdAt }) =>
        html`<li>since ${new Date(createdAt).toLocaleTimeString('en-GB')}${id === current && ', in this browser'}</li>`,
    )}</ul>
<form method="post">
<button class="main" formaction="/sign-out">Sign out</button>
<button formaction="/sign-out-everywhere">Sign out everywhere</button>
</form>
<p class="small">After that, the back button does not bring this page back.</p>`,
  )
}

function layout(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; font: 18px/1.5 system-ui, sans-serif }
  body { min-height: 100svh; margin: 0; display: grid; place-content: center }
  main { width: min(24rem, 100vw - 3rem); padding: 1.5rem 0 }
  h1 { margin: 0 0 1rem; font-size: 1.6rem }
  form { display: grid; gap: 1rem; margin: 1.5rem 0 }
  label { display: grid; gap: .25rem; font-size: .9rem }
  .line { display: flex; align-items: center; gap: .5rem }
  input, button { font: inherit; padding: .5rem .75rem; border: 1px solid #8888; border-radius: .6rem; background: none; color: inherit }
  button { cursor: pointer }
  button:hover { border-color: currentColor }
  :focus-visible { outline: 3px solid #2563eb66; outline-offset: 2px }
  .main { background: #2563eb; border-color: #2563eb; color: #fff }
  .note { padding: .5rem .75rem; border-radius: .6rem; background: #2563eb22 }
  .small { font-size: .85rem; opacity: .7 }
</style>
</head>
<body>
<main>${content}
</main>
</body>
</html>
`
}
