import { html } from 'hono/html'
import type { Html } from './layout.js'

interface Field {
  name: string
  label: string
  type?: 'text' | 'password'
  /** What a browser or password manager fills in: https://html.spec.whatwg.org/#autofill */
  autocomplete: 'username' | 'current-password' | 'new-password'
  value?: string
  hint?: string
  /** What is wrong with what was given. */
  wrong?: string | undefined
  autofocus?: boolean
}

/** A field with its label, and what is to be said about it where screen readers find it. */
export function field({ name, label, type = 'text', autocomplete, value = '', hint, wrong, autofocus }: Field): Html {
  const about = [hint && `${name}-hint`, wrong && `${name}-wrong`].filter(Boolean).join(' ')
  return html`<div class="field">
<label for="${name}">${label}</label>
${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}
<input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="${autocomplete}" maxlength="128" required${
    type === 'text' && html` autocapitalize="none" spellcheck="false"`
  }${about && html` aria-describedby="${about}"`}${wrong && html` aria-invalid="true"`}${autofocus && html` autofocus`}>
${wrong && html`<p class="wrong" id="${name}-wrong" role="alert">${wrong}</p>`}
</div>`
}

/** For password managers, on a form that asks for the password alone: whose it is. */
export const hiddenName = (name: string): Html =>
  html`<input class="unseen" name="name" value="${name}" autocomplete="username" tabindex="-1" aria-hidden="true" readonly>`
