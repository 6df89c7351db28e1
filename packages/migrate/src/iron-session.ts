import type { BroughtCookies } from './brought-cookies.js'
import { checkName, checkOptions, invalid, isObject } from './check.js'
import { libraryOf, type MoveOptions, type OldCookiePlace, type OldLibrary } from './old-library.js'
import { MAX_SEALS, unseal } from './sealed.js'

export { type Brought, type MovingInOptions, movingIn } from './moving-in.js'
export type { AboutOld, MoveOptions, OldCookiePlace, OldLibrary } from './old-library.js'

/** The options that iron-session had; what else it took may be left in place. */
export interface IronSessionOptions<Old, Data> extends MoveOptions<Old, Data> {
  /** One, or all that a cookie may still be sealed with, by their numbers. */
  password: string | Readonly<Record<string, string>>
  cookieName: string
  /** Its path and domain, so that the cookie is removed there. */
  cookieOptions?: OldCookiePlace | undefined
}

/** All that it took. */
const OPTIONS = 'password cookieName cookieOptions ttl chunk onUnsealError'
const LIBRARY = 'iron-session'
/** Into how many cookies version 9 splits a large session at most. */
const MAX_CHUNKS = 4

/** The sessions of iron-session 8 and 9, in one cookie or in several. Each seal says itself when it is over. */
export function fromIronSession<Old = Record<string, unknown>, Data = Record<string, never>>(
  options: IronSessionOptions<Old, Data>,
): OldLibrary<Data> {
  checkOptions(LIBRARY, options, OPTIONS)
  const { password, cookieName, cookieOptions = {} } = options
  const passwords = typeof password === 'string' ? { 1: password } : password
  if (!isObject(passwords) || !Object.values(passwords).every(isPassword) || Object.keys(passwords).length === 0) {
    throw invalid(LIBRARY, 'password', 'must be at least 32 characters long, or some such by their numbers')
  }
  checkName(LIBRARY, 'cookieName', cookieName)
  const chunks = Array.from({ length: MAX_CHUNKS }, (_, index) => `${cookieName}.${index}`)
  return libraryOf(
    {
      name: LIBRARY,
      place: cookieOptions,
      names: (cookies) => [cookieName, ...chunks].filter((name) => cookies.has(name)),
      read: (cookies, now) =>
        Promise.all(
          sealsOf(cookies, cookieName, chunks).map(async (text) => {
            // What is behind it is no part of the seal: anybody can change it.
            const [seal = '', version] = text.split('~')
            const opened = await unseal(seal, passwords, now)
            if (typeof opened === 'string') return opened
            if (!isObject(opened.value)) return 'malformed'
            const data = version === undefined ? beforeVersion2(opened.value) : opened.value
            const { covered, expiresAt, opensUntil } = opened
            const load = () => ({ data, about: { expiresAt } })
            return { key: `${cookieName}\n${covered}`, expiresAt: opensUntil, load, end: () => {} }
          }),
        ),
    },
    options,
  )
}

function isPassword(password: unknown): boolean {
  return typeof password === 'string' && password.length >= 32
}

function sealsOf(cookies: BroughtCookies, name: string, chunks: readonly string[]): string[] {
  const whole = cookies.values(name, MAX_SEALS)
  if (whole.length > 0) return whole
  let joined = ''
  for (const chunk of chunks) {
    const [part] = cookies.values(chunk)
    if (part === undefined) break
    joined += part
  }
  return joined === '' ? [] : [joined]
}

/** Up to version 6, what lasted was in a part of its own. */
function beforeVersion2(value: Record<string, unknown>): Record<string, unknown> {
  return isObject(value.persistent) ? value.persistent : value
}
