import { page } from '@fetch-sessions/example-shared/page'
import { html } from 'hono/html'
import type { User } from './users.js'

export function signInPage({ next, wrong }: { next: string; wrong?: string }): string {
  return page({
    title: wrong === undefined ? 'Sign in' : 'Error: sign in',
    scripts: ['/forms.js'],
    content: html`
<h1>Sign in</h1>
<form method="post" action="/sign-in"${wrong && html` class="problem"`}>
<p class="message"${wrong && html` role="alert"`}>${wrong}</p>
<input type="hidden" name="next" value="${next}">
<button class="main">Sign in with your provider</button>
</form>
<p class="small">You go to the provider’s site, sign in there, and come back. No password of yours is seen here.</p>`,
  })
}

export function homePage({ id, name }: User): string {
  const [issuer, subject] = id.split(' ')
  return page({
    title: 'Signed in',
    scripts: ['/forms.js', '/protected.js'],
    content: html`
<h1>Hello, ${name}</h1>
<p>${issuer} says who you are: <code class="id">${subject}</code>.</p>
<form method="post" action="/sign-out"><button>Sign out</button></form>
<p class="small">You are signed out here, not at the provider.</p>`,
  })
}
