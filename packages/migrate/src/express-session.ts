import { checkName, checkOptions, numberOr, secretsOf, timeOf } from './check.js'
import { checkCookie, checkStore, type ExpressStore, endRecord, loadRecord, type OldRecords } from './express-store.js'
import { HmacVerifier } from './hmac.js'
import { libraryOf, type MoveOptions, type OldCookiePlace, type OldLibrary } from './old-library.js'

export {
  connectPgSimpleRecords,
  connectRedisRecords,
  type PostgresReader,
  type RedisReader,
} from './express-records.js'
export type { ExpressStore, OldRecords } from './express-store.js'
export { type Brought, type MovingInOptions, movingIn } from './moving-in.js'
export type { AboutOld, MoveOptions, OldCookiePlace, OldLibrary } from './old-library.js'

/** The options that express-session had; what else it took may be left in place. */
export interface ExpressSessionOptions<Old, Data> extends MoveOptions<Old, Data> {
  /** All that a cookie may still be signed with. */
  secret: string | Uint8Array | readonly (string | Uint8Array)[]
  /** Where its records are: the store itself, or `connectRedisRecords` and `connectPgSimpleRecords`. */
  store: ExpressStore | OldRecords
  /** Default `connect.sid`. */
  name?: string | undefined
  /** Its path and domain, so that the cookie is removed there. */
  cookie?: OldCookiePlace | undefined
}

/** All that it took. */
const OPTIONS = 'secret store name cookie genid proxy resave rolling saveUninitialized unset'
const LIBRARY = 'express-session'

/**
 * The sessions of express-session. Whether a record still lives is for its store to say, as it was; `about.maxAge` is
 * what `cookie.maxAge` was, in seconds, and `about.expiresAt` when the cookie was to end as the record was last saved: a
 * store that only extends a record when it is used does not change that.
 */
export function fromExpressSession<Old = Record<string, unknown>, Data = Record<string, never>>(
  options: ExpressSessionOptions<Old, Data>,
): OldLibrary<Data> {
  checkOptions(LIBRARY, options, OPTIONS)
  const { secret, store, name = 'connect.sid', cookie = {} } = options
  const signature = new HmacVerifier(secretsOf(LIBRARY, 'secret', secret))
  checkStore(LIBRARY, store)
  checkName(LIBRARY, 'name', name)
  checkCookie(LIBRARY, cookie)
  return libraryOf(
    {
      name: LIBRARY,
      place: cookie,
      names: (cookies) => (cookies.has(name) ? [name] : []),
      read: (cookies) =>
        Promise.all(
          cookies.values(name).map(async (value) => {
            if (!value.startsWith('s:')) return 'malformed'
            const sid = await signature.unsign(value.slice(2))
            if (sid === undefined) return 'signature'
            return {
              key: `${name}\n${sid}`,
              expiresAt: undefined,
              load: async () => {
                const record = await loadRecord(store, sid)
                if (record === undefined) return undefined
                const age = numberOr(record.cookie.originalMaxAge, undefined)
                const expiresAt = timeOf(record.cookie.expires)
                return { data: record.data, about: { id: sid, expiresAt, maxAge: age && age / 1000 } }
              },
              end: () => endRecord(store, sid),
            }
          }),
        ),
    },
    options,
  )
}
