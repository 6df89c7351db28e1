import type { Awaitable } from '@fetch-sessions/core'
import { decodeBase64, decodeUtf8 } from './base64.js'
import { checkName, checkOptions, invalid, isObject, parseObject, secretsOf } from './check.js'
import { HmacVerifier } from './hmac.js'
import { ENDLESS, libraryOf, type MoveOptions, type OldCookiePlace, type OldLibrary } from './old-library.js'

export { type Brought, type MovingInOptions, movingIn } from './moving-in.js'
export type { AboutOld, MoveOptions, OldCookiePlace, OldLibrary } from './old-library.js'

/** Keys, as the package `keygrip` makes them. */
export interface KeygripKeys {
  verify(data: string, digest: string): boolean
}

/** The options that cookie-session had; what else it took may be left in place. */
export interface CookieSessionOptions<Old, Data> extends MoveOptions<Old, Data>, OldCookiePlace {
  /** All that a cookie may still be signed with; or `secret`, for one. */
  keys?: readonly (string | Uint8Array)[] | KeygripKeys | undefined
  secret?: string | undefined
  /** Default `session`. */
  name?: string | undefined
  /** Has to be true, as it is by default: nobody knows who wrote a cookie that is not signed. */
  signed?: boolean | undefined
}

/** All that it took. */
const OPTIONS =
  'keys secret name signed path domain partitioned maxAge expires sameSite secure secureProxy httpOnly overwrite priority'
const LIBRARY = 'cookie-session'

/**
 * The sessions of cookie-session, whose data is all in the cookie, without an id. Such a cookie is good for ever: the
 * browser alone forgets it. So give `until` to `movingIn`. Visitors with the same data have the same cookie, so each request
 * that brings it begins a session of its own.
 */
export function fromCookieSession<Old = Record<string, unknown>, Data = Record<string, never>>(
  options: CookieSessionOptions<Old, Data>,
): OldLibrary<Data> {
  checkOptions(LIBRARY, options, OPTIONS)
  const { keys, secret, name = 'session', signed = true } = options
  if (!signed) throw invalid(LIBRARY, 'signed', 'must be true: anybody can write a cookie that is not signed')
  const verify = verifierOf(keys ?? secret)
  checkName(LIBRARY, 'name', name)
  const mac = `${name}.sig`
  return libraryOf(
    {
      name: LIBRARY,
      place: options,
      names: (cookies) => [name, mac].filter((name) => cookies.has(name)),
      async read(cookies, now) {
        const [value] = cookies.raw(name)
        const signatures = cookies.raw(mac)
        if (value === undefined) return []
        for (const signature of signatures) {
          if (!(await verify(`${name}=${value}`, signature))) continue
          const data = parseObject(decodeUtf8(decodeBase64(value)))
          if (data === undefined) return ['malformed']
          // It holds data alone: visitors with the same data have the same cookie.
          return [{ key: undefined, expiresAt: now + ENDLESS, load: () => ({ data, about: {} }), end: () => {} }]
        }
        return ['signature']
      },
    },
    options,
  )
}

type Verify = (text: string, mac: string) => Awaitable<boolean>

function verifierOf(keys: CookieSessionOptions<unknown, unknown>['keys'] | string): Verify {
  if (isObject(keys) && typeof keys.verify === 'function') {
    const keygrip = keys as unknown as KeygripKeys
    return (text, mac) => keygrip.verify(text, mac)
  }
  const signature = new HmacVerifier(secretsOf(LIBRARY, 'keys', keys), 'SHA-1')
  return (text, mac) => signature.verify(text, mac)
}
