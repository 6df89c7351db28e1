import { raw } from 'hono/html'

/** Follows the visitor's choice of light or dark. */
export const style = raw(`
  :root { color-scheme: light dark; font: 18px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 55%, transparent) }
  body { min-height: 100svh; margin: 0; display: grid; place-content: center }
  body[hidden] { display: none }
  main { width: min(24rem, 100vw - 3rem); padding: 1.5rem 0 }
  h1 { margin: 0 0 1rem; font-size: 1.6rem }
  h2 { margin: 1.5rem 0 .25rem; font-size: 1rem }
  ul { margin: 0; padding-left: 1.2rem }
  form { display: grid; gap: 1rem; margin: 1.5rem 0 }
  label { display: grid; gap: .25rem; font-size: .9rem }
  .line { display: flex; align-items: center; gap: .5rem }
  input, button { font: inherit; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .6rem; background: none; color: inherit }
  [type=checkbox] { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: #2563eb }
  button { cursor: pointer }
  button:hover { border-color: currentColor }
  :focus-visible { outline: 3px solid light-dark(#2563eb, #93c5fd); outline-offset: 2px }
  .main { background: #2563eb; border-color: #2563eb; color: #fff }
  .main:hover { background: #1d4ed8 }
  .note, .problem { padding: .5rem .75rem; border-radius: .6rem; background: light-dark(#dbeafe, #1e3a8a) }
  .problem { background: light-dark(#fee2e2, #7f1d1d) }
  .small { font-size: .85rem; color: color-mix(in srgb, currentColor 75%, transparent) }
`)
