import type { Awaitable } from '@fetch-sessions/core'
import { checkName, checkOptions, invalid, isObject, parseObject, timeOf } from './check.js'
import {
  ENDLESS,
  libraryOf,
  type MoveOptions,
  type OldContent,
  type OldCookiePlace,
  type OldLibrary,
} from './old-library.js'
import { MAX_SEALS, unseal } from './sealed.js'

export { type Brought, type MovingInOptions, movingIn } from './moving-in.js'
export type { AboutOld, MoveOptions, OldCookiePlace, OldLibrary } from './old-library.js'

/** A store of hono-sessions that is no `CookieStore`. */
export interface HonoSessionsStore {
  // biome-ignore lint/suspicious/noExplicitAny: as each store has typed its records
  getSessionById(sid: string): Awaitable<any>
  deleteSession(sid: string): Awaitable<unknown>
}

/** The options that hono-sessions had; what else it took may be left in place. */
export interface HonoSessionsOptions<Old, Data> extends MoveOptions<Old, Data> {
  /** Where its records are. Left out, or a `CookieStore`: in the cookie, and `encryptionKey` is needed. */
  store?: HonoSessionsStore | object | undefined
  encryptionKey?: string | (() => string) | undefined
  /** Default `session`. */
  sessionCookieName?: string | undefined
  /** Its path, domain and prefix, so that the cookie is found, and removed there. */
  cookieOptions?: (OldCookiePlace & { prefix?: 'secure' | 'host' | undefined }) | undefined
}

/** All that it took. */
const OPTIONS = 'store encryptionKey sessionCookieName cookieOptions expireAfterSeconds autoExtendExpiration'
const LIBRARY = 'hono-sessions'
const PREFIXES = { secure: '__Secure-', host: '__Host-' }

/** The sessions of hono-sessions, with a store or in the cookie. Flash values count as values. */
export function fromHonoSessions<Old = Record<string, unknown>, Data = Record<string, never>>(
  options: HonoSessionsOptions<Old, Data>,
): OldLibrary<Data> {
  checkOptions(LIBRARY, options, OPTIONS)
  const { store, sessionCookieName = 'session', cookieOptions = {} } = options
  const records = isRecordStore(store) ? store : undefined
  const key = typeof options.encryptionKey === 'function' ? options.encryptionKey() : options.encryptionKey
  if (key === undefined ? records === undefined : typeof key !== 'string' || key.length < 32) {
    throw invalid(LIBRARY, 'encryptionKey', 'must be the key that it had, of 32 characters at least')
  }
  checkName(LIBRARY, 'sessionCookieName', sessionCookieName)
  const { prefix } = cookieOptions
  const name = prefix === undefined ? sessionCookieName : PREFIXES[prefix] + sessionCookieName
  return libraryOf(
    {
      name: LIBRARY,
      place: cookieOptions,
      names: (cookies) => (cookies.has(name) ? [name] : []),
      read: (cookies, now) =>
        Promise.all(
          cookies.values(name, key === undefined ? undefined : MAX_SEALS).map(async (value) => {
            const opened = key === undefined ? { value, covered: value } : await unseal(value, key, now)
            if (typeof opened === 'string') return opened
            if (typeof opened.value !== 'string' || opened.value === '') return 'malformed'
            const text = opened.value
            if (records !== undefined) {
              return {
                key: `${name}\n${text}`,
                expiresAt: undefined,
                load: async () => contentOf(await records.getSessionById(text), now, text),
                end: () => records.deleteSession(text),
              }
            }
            const content = contentOf(parseObject(text), now)
            if (content === undefined) return 'expired'
            const expiresAt = content.about.expiresAt ?? now + ENDLESS
            return { key: `${name}\n${opened.covered}`, expiresAt, load: () => content, end: () => {} }
          }),
        ),
    },
    options,
  )
}

function isRecordStore(store: unknown): store is HonoSessionsStore {
  if (store === undefined) return false
  if (isObject(store) && typeof store.getSessionById === 'function' && typeof store.deleteSession === 'function') {
    return true
  }
  if (isObject(store) && typeof store.getSession === 'function') return false
  throw invalid(LIBRARY, 'store', 'must be the store that it had: it has getSessionById and deleteSession')
}

function contentOf(record: unknown, now: number, id?: string): OldContent | undefined {
  if (!isObject(record) || !isObject(record._data) || record._delete === true) return undefined
  const expiresAt = timeOf(record._expire)
  if (expiresAt !== undefined && expiresAt <= now) return undefined
  const data = Object.fromEntries(
    Object.entries(record._data).flatMap(([key, entry]) => (isObject(entry) ? [[key, entry.value]] : [])),
  )
  return { data, about: { id, expiresAt } }
}
