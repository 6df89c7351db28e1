import { page } from '@fetch-sessions/example-shared/page'
import { html } from 'hono/html'

export type Html = ReturnType<typeof html> | string | false | undefined

/** Who looks at a page, and what is to be said at its top. */
export interface Visitor {
  path: string
  user: { name: string; isAdmin: boolean } | undefined
  /** The admin who sees the site as `user`. */
  actor: { name: string } | undefined
  flash: Flash | undefined
}

/** Shown once, on the next page. */
export interface Flash {
  text: string
  wrong?: boolean
}

export interface Content {
  title: string
  content: Html
  /** For forms, which need less width. */
  narrow?: boolean
}

/** The frame of all pages. */
export function layout({ path, user, actor, flash }: Visitor, { title, content, narrow = false }: Content): string {
  const to = (href: string, text: string): Html =>
    html`<a href="${href}"${href === path && html` aria-current="page"`}>${text}</a>`
  return page({
    title: `${title} · Members’ club`,
    styles: ['/style.css'],
    scripts: user === undefined ? ['/forms.js'] : ['/forms.js', '/protected.js'],
    header: html`<nav aria-label="Pages">
<a class="name" href="/">Members’ club</a>
${
  user === undefined
    ? html`${to('/sign-in', 'Sign in')} ${to('/sign-up', 'Sign up')}`
    : html`${to('/members', 'Members')} ${to('/account', 'Account')} ${user.isAdmin && to('/admin', 'Admin')}
<form method="post" action="/sign-out"><button>Sign out</button></form>`
}
</nav>${
      actor !== undefined &&
      html`
<div class="acting"><form method="post" action="/admin/stop">
<span>${actor.name}, you see the site as <strong>${user?.name}</strong>.</span> <button>Be yourself again</button>
</form></div>`
    }`,
    content: html`<div${narrow && html` class="narrow"`}>
${flash && html`<p class="flash${flash.wrong && ' wrong'}" role="${flash.wrong ? 'alert' : 'status'}">${flash.text}</p>`}
${content}
</div>`,
  })
}
