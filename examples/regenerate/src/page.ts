interface View {
  role: string
  visits: number
  id: string
}

/** Nothing in it comes from the visitor, so there is nothing to escape. */
export function page({ role, visits, id }: View): string {
  const isAdmin = role === 'admin'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Regenerate</title>
<style>
  :root { color-scheme: light dark; font: 18px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 55%, transparent) }
  body { min-height: 100svh; margin: 0; display: grid; place-content: center }
  main { width: min(26rem, 100vw - 3rem); padding: 1.5rem 0 }
  h1 { margin: 0 0 1rem; font-size: 1.6rem }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .5rem 1rem; margin: 0 }
  dt, p { color: color-mix(in srgb, currentColor 75%, transparent) }
  dd { margin: 0; overflow-wrap: anywhere }
  code { font-size: .85rem }
  button { font: inherit; margin: 1.5rem 0; padding: .5rem 1.25rem; border: 1px solid var(--line); border-radius: .6rem; background: none; color: inherit; cursor: pointer }
  button:hover { border-color: currentColor }
  :focus-visible { outline: 3px solid light-dark(#2563eb, #93c5fd); outline-offset: 2px }
  .main { background: #2563eb; border-color: #2563eb; color: #fff }
  .main:hover { background: #1d4ed8 }
  p { margin: 0; font-size: .9rem }
</style>
</head>
<body>
<main>
<h1>You are ${isAdmin ? 'the admin' : 'a guest'}</h1>
<dl>
<dt>Visits</dt><dd>${visits}</dd>
<dt>Session</dt><dd><code>${id}</code></dd>
</dl>
<form method="post">
${isAdmin ? '<button formaction="/sign-out">Sign out</button>' : '<button class="main" formaction="/sign-in">Sign in</button>'}
</form>
<p>The session’s id changes when you sign in or out, and the visits go on. A reload changes nothing but the visits.</p>
</main>
</body>
</html>
`
}
