interface Page {
  title: string
  /** HTML. What a visitor has typed must be escaped in it already. */
  content: { toString(): string }
  /** HTML above the content: the example's name and ways to its pages. */
  header?: { toString(): string }
  /** Paths of style sheets, which come on top of what all examples have. */
  styles?: string[]
  /** Paths of scripts. */
  scripts?: string[]
}

/** A page of an example, for screens of any width, light or dark as the visitor has it. */
export function page({ title, content, header, styles = [], scripts = [] }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style>${STYLE}</style>
${styles.map((path) => `<link rel="stylesheet" href="${path}">`).join('\n')}
${scripts.map((path) => `<script src="${path}" defer></script>`).join('\n')}
</head>
<body>
${header === undefined ? '' : `<header>\n${header}\n</header>`}
<main>
${content}
</main>
</body>
</html>
`
}

/** For browsers; everyone else gets a line of text. */
export function notFound(request: Request): Response {
  const init = { status: 404, headers: { 'Content-Type': 'text/html; charset=utf-8', Vary: 'Accept' } }
  if (!wantsPage(request)) return new Response('Not found\n', { status: 404, headers: { Vary: 'Accept' } })
  const content = '<h1>There is no such page</h1>\n<p><a href="/">To the first page</a></p>'
  return new Response(page({ title: 'Not found', content }), init)
}

/** Browsers ask for text/html by name; curl takes anything. */
export function wantsPage(request: Request): boolean {
  return request.headers.get('Accept')?.includes('text/html') ?? false
}

/**
 * A form's second submit in a row, as a double click makes one, is not sent. The button is not disabled, since it would
 * lose the focus, and the block ends by itself, or when the page comes back, for those who stopped the first.
 */
export const formsScript = `addEventListener('submit', (event) => {
  const form = event.target
  if (form.hasAttribute('aria-busy')) return event.preventDefault()
  form.setAttribute('aria-busy', 'true')
  setTimeout(() => form.removeAttribute('aria-busy'), 5000)
})
addEventListener('pageshow', () => {
  for (const form of document.forms) form.removeAttribute('aria-busy')
})
`

/**
 * For protected pages. A browser may keep even a no-store page, as it looks, for the back button. This hides it when it
 * is left, and has it made anew when it comes back: by then the visitor may be signed out.
 */
export const protectedScript = `addEventListener('pagehide', () => { document.body.hidden = true })
addEventListener('pageshow', (event) => { if (event.persisted) location.reload() })
`

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="#2563eb"/><circle cx="8" cy="8" r="3" fill="#fff"/></svg>'

/** Pages begin at one height, so that nothing moves when one becomes longer. */
const STYLE = `
  :root { color-scheme: light dark; background: light-dark(#fff, #121212); color: light-dark(#111, #f5f5f5); font: 18px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 55%, transparent) }
  * { box-sizing: border-box }
  body { min-height: 100svh; margin: 0; padding: clamp(1.5rem, 15svh, 9rem) 1.5rem 1.5rem; display: grid; grid-template-columns: minmax(0, 24rem); place-content: start center }
  body[hidden] { display: none }
  h1 { margin: 0; font-size: 1.6rem; line-height: 1.25 }
  h2 { margin: 1.5rem 0 .25rem; font-size: 1rem }
  p { margin: 1rem 0 }
  ul { margin: 0; padding: 0; list-style: none }
  li { padding: .5rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
  form { display: grid; gap: .75rem; margin: 1.5rem 0 }
  label { display: grid; gap: .25rem; font-size: .9rem }
  .line { display: flex; align-items: center; gap: .5rem }
  input, button { font: inherit; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .6rem; background: none; color: inherit }
  [aria-invalid] { border-color: light-dark(#b91c1c, #fca5a5) }
  [type=checkbox] { flex: none; width: 1.1rem; height: 1.1rem; margin: 0; accent-color: #2563eb }
  button { cursor: pointer }
  button:hover { border-color: currentColor }
  [aria-busy] button { cursor: progress; opacity: .7 }
  a { color: inherit }
  :focus-visible { outline: 3px solid light-dark(#2563eb, #93c5fd); outline-offset: 2px }
  .main { background: #2563eb; border-color: #2563eb; color: #fff }
  .main:hover { background: #1d4ed8 }
  /* There before it says something, so that nothing makes way for it. */
  .message { min-height: 1.5em; margin: 0; font-size: .9rem }
  .problem .message { color: light-dark(#b91c1c, #fca5a5) }
  .small { font-size: .85rem; color: color-mix(in srgb, currentColor 75%, transparent) }
  /* A break at a hyphen would look as if the hyphen were not part of it. */
  code { font-size: .85em; white-space: nowrap }
  .id { white-space: normal; word-break: break-all }
`
