import { page } from '@fetch-sessions/example-shared/page'

interface Visit {
  role: string
  visits: number
  id: string
}

/** Nothing in it comes from the visitor, so there is nothing to escape. */
export function visitorPage({ role, visits, id }: Visit): string {
  const isAdmin = role === 'admin'
  return page({
    title: 'Regenerate',
    scripts: ['/forms.js'],
    content: `
<style>
  dl { display: grid; grid-template-columns: auto 1fr; gap: .5rem 1rem; margin: 1rem 0 }
  dt { color: color-mix(in srgb, currentColor 75%, transparent) }
  dd { margin: 0 }
</style>
<h1>You are ${isAdmin ? 'the admin' : 'a guest'}</h1>
<dl>
<dt>Visits</dt><dd>${visits}</dd>
<dt>Session</dt><dd><code class="id">${id}</code></dd>
</dl>
<form method="post">
${isAdmin ? '<button formaction="/sign-out">Sign out</button>' : '<button class="main" formaction="/sign-in">Sign in</button>'}
</form>
<p class="small">The session’s id changes when you sign in or out, and the visits go on. A reload changes nothing but the visits.</p>`,
  })
}
