import { html } from 'hono/html'
import { field, hiddenName } from './field.js'
import type { Html } from './layout.js'

interface SignIn {
  /** Where to go then. */
  next: string
  name?: string
  remember?: boolean
  wrong?: string
}

export const signInForm = ({ next, name = '', remember = false, wrong }: SignIn): Html => html`
<h1>Sign in</h1>
<form class="card" method="post" action="/sign-in">
<input type="hidden" name="next" value="${next}">
${field({ name: 'name', label: 'Name', autocomplete: 'username', value: name, autofocus: name === '' })}
${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password', wrong, autofocus: name !== '' })}
<label class="line"><input name="remember" type="checkbox"${remember && html` checked`}> Remember me on this device</label>
<button class="main">Sign in</button>
</form>
<p class="small">New here? <a href="/sign-up">Sign up</a></p>`

interface SignUp {
  name?: string
  wrongName?: string | undefined
  wrongPassword?: string | undefined
}

export const signUpForm = ({ name = '', wrongName, wrongPassword }: SignUp = {}): Html => html`
<h1>Sign up</h1>
<form class="card" method="post" action="/sign-up">
${field({
  name: 'name',
  label: 'Name',
  autocomplete: 'username',
  value: name,
  hint: 'Letters, digits, dots, dashes and underscores. The others see it.',
  wrong: wrongName,
  autofocus: name === '' || wrongName !== undefined,
})}
${field({
  name: 'password',
  label: 'Password',
  type: 'password',
  autocomplete: 'new-password',
  hint: 'At least 10 characters. A few words that come to your mind are fine.',
  wrong: wrongPassword,
  autofocus: name !== '' && wrongName === undefined,
})}
<button class="main">Sign up</button>
</form>
<p class="small">A member already? <a href="/sign-in">Sign in</a></p>`

interface Confirm {
  next: string
  name: string
  wrong?: string
}

/** Before something that only the very person may do, who may have left this browser open an hour ago. */
export const confirmForm = ({ next, name, wrong }: Confirm): Html => html`
<h1>Is it you, ${name}?</h1>
<p class="lead">What comes next needs your password once more.</p>
<form class="card" method="post" action="/confirm">
<input type="hidden" name="next" value="${next}">
${hiddenName(name)}
${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password', wrong, autofocus: true })}
<button class="main">Go on</button>
</form>`

/** A visitor who was sent too often is told how long to wait. */
export const tooManyTries = (seconds: number): string => {
  const minutes = Math.ceil(seconds / 60)
  return `Those were too many tries. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, then try again.`
}
