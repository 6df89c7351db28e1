import type { Awaitable } from '@fetch-sessions/core'
import { jwtDecrypt } from 'jose'
import { JWTExpired } from 'jose/errors'
import { checkName, checkOptions, invalid, isObject } from './check.js'
import { ENDLESS, libraryOf, type MoveOptions, type OldCookiePlace, type OldLibrary } from './old-library.js'

export { type Brought, type MovingInOptions, movingIn } from './moving-in.js'
export type { AboutOld, MoveOptions, OldCookiePlace, OldLibrary } from './old-library.js'

/** Where `@hono/session` keeps data that is not in the cookie. */
export interface HonoSessionStorage {
  // biome-ignore lint/suspicious/noExplicitAny: as the application has typed its data
  get(sid: string): Awaitable<any>
  delete(sid: string): unknown
}

/** The options that `@hono/session` had; what else it took may be left in place. */
export interface HonoSessionOptions<Old, Data> extends MoveOptions<Old, Data>, OldCookiePlace {
  /** The text, or the key itself: what `AUTH_SECRET` was, or `secret`. */
  secret: string | Parameters<typeof jwtDecrypt>[1]
  /** What `useSessionStorage` was given. Left out: the data is in the cookie. */
  storage?: HonoSessionStorage | undefined
  /** Default `sid`; another one where `getCookie` and `setCookie` were replaced. */
  name?: string | undefined
}

/** All that it took. */
const OPTIONS =
  'secret storage name path domain partitioned duration generateId deleteCookie getCookie setCookie onCreate onDelete onRefresh onUpdate'
const LIBRARY = '@hono/session'

/** The sessions of `@hono/session`, with a storage or in the cookie, which says itself when it is over. */
export function fromHonoSession<Old = Record<string, unknown>, Data = Record<string, never>>(
  options: HonoSessionOptions<Old, Data>,
): OldLibrary<Data> {
  checkOptions(LIBRARY, options, OPTIONS)
  const { secret, storage, name = 'sid' } = options
  if (!(typeof secret === 'string' ? secret !== '' : typeof secret === 'object' && secret !== null)) {
    throw invalid(LIBRARY, 'secret', 'is missing: give what AUTH_SECRET was, or the key')
  }
  if (storage !== undefined && !(typeof storage?.get === 'function' && typeof storage.delete === 'function')) {
    throw invalid(LIBRARY, 'storage', 'must be what useSessionStorage was given: it has get and delete')
  }
  checkName(LIBRARY, 'name', name)
  const open = opener(secret)
  return libraryOf(
    {
      name: LIBRARY,
      place: options,
      names: (cookies) => (cookies.has(name) ? [name] : []),
      read: (cookies, now) =>
        Promise.all(
          cookies.values(name).map(async (value) => {
            const payload = await open(value, now)
            if (typeof payload === 'string') return payload
            const { sid, exp, iat, ...rest } = payload
            if (typeof sid !== 'string') return 'malformed'
            const about = { id: sid, createdAt: iat && iat * 1000, expiresAt: exp && exp * 1000 }
            return {
              key: `${name}\n${sid}`,
              expiresAt: about.expiresAt ?? (storage ? undefined : now + ENDLESS),
              load: async () => {
                const data: unknown = storage === undefined ? rest : await storage.get(sid)
                return isObject(data) ? { data, about } : undefined
              },
              end: () => storage?.delete(sid) as Awaitable<unknown>,
            }
          }),
        ),
    },
    options,
  )
}

type Opened = Awaited<ReturnType<typeof jwtDecrypt>>['payload'] | 'signature' | 'expired'

function opener(secret: HonoSessionOptions<unknown, unknown>['secret']): (jwe: string, now: number) => Promise<Opened> {
  let key: Parameters<typeof jwtDecrypt>[1] | undefined = typeof secret === 'string' ? undefined : secret
  return async (jwe, now) => {
    key ??= await keyOf(secret as string)
    try {
      return (await jwtDecrypt(jwe, key, { currentDate: new Date(now) })).payload
    } catch (error) {
      return error instanceof JWTExpired ? 'expired' : 'signature'
    }
  }
}

/** HKDF of the text, as `@hono/session` does it. */
async function keyOf(secret: string): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(secret)
  const base = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits'])
  const info = new TextEncoder().encode('session jwe cek')
  const hkdf = { name: 'HKDF', hash: 'SHA-256', info, salt: new Uint8Array(0) }
  return new Uint8Array(await crypto.subtle.deriveBits(hkdf, base, 256))
}
