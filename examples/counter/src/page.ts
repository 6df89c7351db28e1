import { html } from 'hono/html'

type Html = ReturnType<typeof html>

export function page(count: number): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Counter</title>
<style>
  :root { color-scheme: light dark; font: 18px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 55%, transparent) }
  body { min-height: 100svh; margin: 0; display: grid; place-content: center; justify-items: center; text-align: center }
  main { padding: 1.5rem }
  h1 { margin: 0; font-size: 1.1rem; font-weight: 500 }
  output { font-size: 6rem; font-weight: 700; line-height: 1.2; font-variant-numeric: tabular-nums }
  form { display: flex; justify-content: center; gap: .75rem; margin: 1rem 0 2rem }
  button { font: inherit; padding: .5rem 1.25rem; border: 1px solid var(--line); border-radius: .6rem; background: none; color: inherit; cursor: pointer }
  button:hover { border-color: currentColor }
  :focus-visible { outline: 3px solid light-dark(#2563eb, #93c5fd); outline-offset: 2px }
  .main { background: #2563eb; border-color: #2563eb; color: #fff }
  .main:hover { background: #1d4ed8 }
  p { max-width: 26rem; margin: 0; font-size: .9rem; color: color-mix(in srgb, currentColor 75%, transparent) }
</style>
</head>
<body>
<main>
<h1>Your count</h1>
<output>${count}</output>
<form method="post">
<button class="main" formaction="/inc">Count up</button>
<button formaction="/reset">Reset</button>
</form>
<p>It is kept in your session. Open this page in a private window, and you are somebody else there.</p>
</main>
</body>
</html>
`
}
