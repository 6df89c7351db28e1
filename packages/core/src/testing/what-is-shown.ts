import { secret } from './secret.js'

const name = '__Host-sid'

/** What a test keeps in a session, and looks for where it must not be shown. */
export const value = 'a-value-that-is-nobodys-business'

/** All that an object shows to a log: JSON, text, own and inherited properties, symbols, causes. */
export function everything(thing: unknown, seen: Set<unknown> = new Set()): string {
  if ((typeof thing !== 'object' && typeof thing !== 'function') || thing === null) return String(thing)
  if (seen.has(thing) || seen.size > 500) return ''
  seen.add(thing)
  const parts: string[] = []
  try {
    parts.push(JSON.stringify(thing) ?? '')
  } catch {}
  try {
    parts.push(String(thing))
  } catch {}
  for (
    let level: object | null = thing;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const key of Reflect.ownKeys(level)) {
      parts.push(String(key))
      // Getters of the session's own classes are what an inspector with getters on shows.
      try {
        const held: unknown = Reflect.get(level, key, thing)
        if (typeof held !== 'function') parts.push(everything(held, seen))
      } catch {}
    }
  }
  return parts.join('\n')
}

/** What of this cookie must stay hidden: its token, its MAC, and the secret. */
export function secrets(cookie: string): string[] {
  const [token = '', mac = ''] = cookie.slice(name.length + 1).split('.')
  return [token, mac, secret]
}
