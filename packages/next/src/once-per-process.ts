/** Shared by all copies of this module: `next dev` loads it anew, and each bundle of a build has one of its own. */
const KEPT: unique symbol = Symbol.for('fetch-sessions.next.once') as never

/**
 * What `make` returned when it was called for this name the first time in this process. Next loads a module more than
 * once: after each change under `next dev`, and for each of its bundles. What lives in memory, or holds connections, is
 * to be made once all the same.
 *
 * @example
 * ```ts
 * const sessions = nextSessions(() => ({
 *   store: oncePerProcess('sessions', () => new MemoryStore()),
 *   secret: process.env.SESSION_SECRET,
 * }))
 * ```
 * @throws TypeError if `name` is no text or `make` no function
 */
export function oncePerProcess<T>(name: string, make: () => T): T {
  if (typeof name !== 'string' || typeof make !== 'function') {
    throw new TypeError('fetch-sessions: oncePerProcess takes a name, and a function that makes what is kept under it')
  }
  const holder = globalThis as { [KEPT]?: Map<string, unknown> }
  holder[KEPT] ??= new Map()
  const kept = holder[KEPT]
  if (!kept.has(name)) kept.set(name, make())
  return kept.get(name) as T
}
