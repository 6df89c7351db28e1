import { checkName, checkOptions, invalid, numberOr, secretsOf, timeOf } from './check.js'
import { checkCookie, checkStore, type ExpressStore, endRecord, loadRecord, type OldRecords } from './express-store.js'
import { type HashName, HmacVerifier } from './hmac.js'
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

/** A signer, as `@fastify/cookie` makes one. */
export interface FastifySigner {
  unsign(value: string): { valid: boolean; value: string | null }
}

/** The options that `@fastify/session` had; what else it took may be left in place. */
export interface FastifySessionOptions<Old, Data> extends MoveOptions<Old, Data> {
  /** All that a cookie may still be signed with, or the signer. */
  secret: string | Uint8Array | readonly (string | Uint8Array)[] | FastifySigner
  /** Where its records are: the store itself, or `connectRedisRecords` and `connectPgSimpleRecords`. */
  store: ExpressStore | OldRecords
  /** Default `sessionId`. */
  cookieName?: string | undefined
  /** Default none. */
  cookiePrefix?: string | undefined
  /** Default `sha256`. */
  algorithm?: string | undefined
  /** Its path and domain, so that the cookie is removed there. */
  cookie?: OldCookiePlace | undefined
}

/** All that it took. */
const OPTIONS = 'secret store cookieName cookiePrefix algorithm cookie saveUninitialized rolling idGenerator'
const LIBRARY = '@fastify/session'
const HASHES: Readonly<Record<string, HashName>> = {
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
}

/** The sessions of `@fastify/session`, which ends those that its record says are over, whatever the store does. */
export function fromFastifySession<Old = Record<string, unknown>, Data = Record<string, never>>(
  options: FastifySessionOptions<Old, Data>,
): OldLibrary<Data> {
  checkOptions(LIBRARY, options, OPTIONS)
  const { secret, store, cookieName = 'sessionId', cookiePrefix = '', algorithm = 'sha256', cookie = {} } = options
  const hash = HASHES[algorithm]
  if (hash === undefined) throw invalid(LIBRARY, 'algorithm', `must be one of ${Object.keys(HASHES).join(', ')}`)
  const unsign = isSigner(secret) ? signedBy(secret) : unsignBy(secretsOf(LIBRARY, 'secret', secret), hash)
  checkStore(LIBRARY, store)
  checkName(LIBRARY, 'cookieName', cookieName)
  checkCookie(LIBRARY, cookie)
  return libraryOf(
    {
      name: LIBRARY,
      place: cookie,
      names: (cookies) => (cookies.has(cookieName) ? [cookieName] : []),
      read: (cookies, now) =>
        Promise.all(
          cookies.values(cookieName).map(async (value) => {
            if (!value.startsWith(cookiePrefix)) return 'malformed'
            const sid = await unsign(value.slice(cookiePrefix.length))
            if (sid === undefined) return 'signature'
            return {
              key: `${cookieName}\n${sid}`,
              expiresAt: undefined,
              load: async () => {
                const record = await loadRecord(store, sid)
                if (record === undefined) return undefined
                const expiresAt = timeOf(record.cookie.expires)
                if (expiresAt !== undefined && expiresAt <= now) return undefined
                const age = numberOr(record.cookie.originalMaxAge, undefined)
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

type Unsign = (value: string) => Promise<string | undefined>

function isSigner(secret: FastifySessionOptions<unknown, unknown>['secret']): secret is FastifySigner {
  return typeof (secret as Partial<FastifySigner> | undefined)?.unsign === 'function'
}

function signedBy(signer: FastifySigner): Unsign {
  return async (value) => {
    const { valid, value: sid } = signer.unsign(value)
    return valid && sid ? sid : undefined
  }
}

function unsignBy(secrets: readonly (string | Uint8Array)[], hash: HashName): Unsign {
  const signature = new HmacVerifier(secrets, hash)
  return (value) => signature.unsign(value)
}
