import { page } from '@fetch-sessions/example-shared/page'
import { html } from 'hono/html'
import type { User } from './users.js'

export function signInPage(): string {
  return page({
    title: 'Passkeys',
    scripts: ['/passkeys.js'],
    content: html`
<h1>Sign in without a password</h1>
<form id="sign-in" method="post"><button class="main">Sign in with a passkey</button></form>
<div class="problem"><p class="message" role="alert"></p></div>
<h2>New here?</h2>
<form id="sign-up" method="post">
<label>Name <input name="name" autocomplete="username" minlength="2" maxlength="24" pattern="[\\w.\\-]+" title="Letters, digits, dots, dashes and underscores" required></label>
<button>Create a passkey</button>
</form>
<p class="small">Your device keeps it, and asks for your finger, face or PIN. The server gets a public key, which is worth nothing to a thief.</p>
<noscript><p>Passkeys need JavaScript.</p></noscript>`,
  })
}

export function homePage({ name, passkey }: User): string {
  return page({
    title: 'Signed in',
    scripts: ['/protected.js'],
    content: html`
<h1>Hello, ${name}</h1>
<p>You signed in with the passkey <code class="id">${passkey.id}</code>.</p>
<form method="post" action="/sign-out"><button>Sign out</button></form>`,
  })
}
