/** On top of what all examples share: a bar with ways to all pages, room for lists, and fields with words beside them. */
export const style = `
:root { background: light-dark(#f6f7f9, #101216); --card: light-dark(#fff, #1a1d23); --edge: color-mix(in srgb, currentColor 14%, transparent); --soft: color-mix(in srgb, currentColor 72%, transparent); --accent: light-dark(#1d4ed8, #93c5fd); --danger: light-dark(#b91c1c, #fca5a5); font-size: 17px }
body { display: block; min-height: 0; padding: 0 }
header { border-bottom: 1px solid var(--edge); background: var(--card) }
nav { max-width: 44rem; margin: auto; padding: .5rem 1.25rem; min-height: 3.75rem; display: flex; flex-wrap: wrap; align-items: center; gap: .25rem }
nav form { display: block; margin: 0 }
nav a, nav button { display: inline-block; padding: .35rem .7rem; border: 0; border-radius: .5rem; font-size: .95rem; font-weight: 400; line-height: 1.5; text-decoration: none; color: inherit }
nav a:hover, nav button:hover { background: color-mix(in srgb, currentColor 9%, transparent) }
nav [aria-current] { background: color-mix(in srgb, var(--accent) 14%, transparent); color: var(--accent); font-weight: 600 }
nav .name { margin-right: auto; padding-left: 0; font-size: 1.1rem; font-weight: 700; letter-spacing: -.01em }
nav .name:hover { background: none; text-decoration: underline }
.acting { background: light-dark(#fef3c7, #422006); color: light-dark(#451a03, #fef3c7) }
.acting form { max-width: 44rem; margin: auto; padding: .6rem 1.25rem; display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem; font-size: .95rem }
main { max-width: 44rem; margin: auto; padding: clamp(1.5rem, 5svh, 3rem) 1.25rem 4rem }
.narrow { max-width: 25rem; margin: auto }
h1 { font-size: 1.75rem; letter-spacing: -.02em }
h2 { margin: 0; font-size: 1.1rem }
.lead { margin-top: .5rem; color: var(--soft) }
section, .card { margin-top: 1.5rem; padding: 1.25rem; border: 1px solid var(--edge); border-radius: 1rem; background: var(--card) }
form.card { gap: 1.1rem }
section > p:last-child, section > form:last-child { margin-bottom: 0 }
section > form { margin-top: 1rem; display: flex; flex-wrap: wrap }
label { font-weight: 600 }
label.line { font-weight: 400; font-size: .95rem }
.field { display: grid; gap: .3rem }
input:not([type=checkbox]) { width: 100%; background: light-dark(#fff, #101216) }
.hint, .wrong { margin: 0; font-size: .85rem; color: var(--soft) }
.wrong { color: var(--danger) }
button, .button { border-radius: .6rem; font-weight: 600; font-size: .95rem }
.button { display: inline-block; padding: .5rem .9rem; border: 1px solid var(--line); text-decoration: none }
.button.main { color: #fff }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem }
.danger { color: var(--danger) }
.flash { margin: 0 0 1.5rem; padding: .7rem 1rem; border-radius: .75rem; font-size: .95rem; background: light-dark(#dcfce7, #0f2f1d); color: light-dark(#14532d, #bbf7d0) }
.flash.wrong { background: light-dark(#fee2e2, #3b1212); color: light-dark(#7f1d1d, #fecaca) }
ul.rows { margin-top: .75rem }
.rows li { display: flex; align-items: center; gap: .9rem; padding: .85rem 0; border-bottom-color: var(--edge) }
.rows.first { margin-top: 0 }
.rows.first li:first-child { padding-top: 0 }
.rows li:last-child { padding-bottom: 0; border-bottom: 0 }
.rows .what { flex: 1; min-width: 0; overflow-wrap: anywhere }
.rows .what strong { display: block; font-weight: 600 }
.rows form { margin: 0 }
.rows svg, .rows .initial { flex: none; width: 2.4rem; height: 2.4rem; padding: .55rem; border-radius: 50%; background: color-mix(in srgb, var(--accent) 13%, transparent); color: var(--accent) }
.rows .initial { display: grid; place-content: center; padding: 0; font-weight: 700 }
.badge { display: inline-block; margin-left: .35rem; padding: .05rem .55rem; border-radius: 1rem; font-size: .78rem; font-weight: 600; background: color-mix(in srgb, var(--accent) 14%, transparent); color: var(--accent) }
.unseen, input.unseen:not([type=checkbox]) { position: absolute; width: 1px; height: 1px; padding: 0; border: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
@media (max-width: 30rem) {
  :root { font-size: 16px }
  nav { padding-inline: 1rem; gap: .1rem }
  nav:has(form) .name { flex-basis: 100% }
  nav a:not(.name), nav button { padding-inline: .6rem }
  nav:has(form) .name + a:not([aria-current]) { margin-left: -.6rem }
  main { padding-inline: 1rem }
  section, .card { padding: 1rem }
  .rows li { gap: .7rem }
}
`
