import { html } from 'hono/html'
import type { Html } from './layout.js'

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** From the longest on, in seconds. */
const UNITS = [
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** Such as "3 days ago": the server does not know the visitor's time zone, and this needs none. */
export function ago(time: number, now: number = Date.now()): Html {
  const seconds = Math.max(0, now - time) / 1000
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? []
  const text = unit === undefined ? 'just now' : words.format(-Math.floor(seconds / length), unit)
  return html`<time datetime="${new Date(time).toISOString()}">${text}</time>`
}
