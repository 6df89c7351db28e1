import { invalidOption } from '../option-error.js'

/** Shared by all copies of this module: each load of it, and each bundle of a build, has one of its own. */
const KEPT: unique symbol = Symbol.for('fetch-sessions.once') as never

/**
 * What `make` returned when it was called for this name the first time in this process. Some development servers load a
 * module anew after each change, in the same process: `bun --hot`, Vite's (SvelteKit, Astro, React Router), `next dev`.
 * What lives in memory, holds connections or has a timer is to be made once all the same.
 *
 * @example
 * ```ts
 * const sessions = new SessionManager({
 *   store: oncePerProcess('sessions', () => new MemoryStore()),
 *   secret: process.env.SESSION_SECRET,
 * })
 * oncePerProcess('sweeper', () => startSweeper(sessions))
 * ```
 * @throws TypeError if `name` is no text or `make` no function
 */
export function oncePerProcess<T>(name: string, make: () => T): T {
  if (typeof name !== 'string' || typeof make !== 'function')
    throw invalidOption('oncePerProcess', 'takes a name, and a function that makes what is kept under it')
  const holder = globalThis as { [KEPT]?: Map<string, unknown> }
  holder[KEPT] ??= new Map()
  const kept = holder[KEPT]
  if (!kept.has(name)) kept.set(name, make())
  return kept.get(name) as T
}
