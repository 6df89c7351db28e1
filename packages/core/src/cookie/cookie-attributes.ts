import { invalidOption } from '../option-error.js'
import { type Lifetime, maxAge } from '../session/lifetime.js'

/** The attributes of the session cookie (RFC 6265bis section 4.1.2). */
export interface CookieOptions {
  /**
   * Default `__Host-sid` if the cookie is secure, has the path `/` and no domain; else `__Secure-sid` if it is secure;
   * else `sid`. The `__Host-` prefix keeps other hosts of the same domain from planting a cookie.
   */
  name?: string
  /** Default `/`. */
  path?: string
  /** Default none: the cookie goes back to the very host that set it. */
  domain?: string
  /** Default true: sent over https only (browsers make an exception for `http://localhost`). */
  secure?: boolean
  /** Default true: out of reach of scripts. */
  httpOnly?: boolean
  /** Default `lax`: not sent with requests that another site's page makes, but with links that lead here. */
  sameSite?: 'strict' | 'lax' | 'none'
  /** A cookie of its own for each top-level site that embeds this one (CHIPS). */
  partitioned?: boolean
  /** Which cookies a browser that runs out of room keeps longest. */
  priority?: 'low' | 'medium' | 'high'
  /** `false`: no Max-Age, so the browser forgets the cookie when it closes. Default true. */
  persistent?: boolean
}

/** The session cookie as it is written: its name, and the `Set-Cookie` lines that set and remove it. */
export class CookieAttributes {
  readonly name: string
  readonly persistent: boolean
  readonly #attributes: string

  /** @throws TypeError naming the attribute that can't work and what to do */
  constructor(options: CookieOptions = {}) {
    const { path = '/', domain, secure = true, httpOnly = true, persistent = true, partitioned = false } = options
    const { sameSite = 'lax', priority } = options
    const hostOnly = path === '/' && domain === undefined
    const { name = secure ? (hostOnly ? '__Host-sid' : '__Secure-sid') : 'sid' } = options
    const demand = (isMet: boolean, attribute: string, problem: string): void => {
      if (!isMet) throw invalidOption(`cookie.${attribute}`, problem)
    }
    /** The word as the RFC spells it. */
    const spell = (attribute: string, word: string, ...words: string[]): string => {
      const spelt = words.find((known) => known.toLowerCase() === `${word}`.toLowerCase()) ?? ''
      demand(spelt !== '', attribute, `must be one of ${words.join(', ').toLowerCase()}`)
      return spelt
    }
    const site = spell('sameSite', sameSite, 'Strict', 'Lax', 'None')

    demand(/^[!#$%&'*+\-.^`|~\w]+$/.test(name), 'name', 'must be a token (RFC 6265): no blank, separator or non-ASCII')
    demand(/^\/[\x20-\x3a\x3c-\x7e]*$/.test(path), 'path', 'must start with "/", without ";", controls or non-ASCII')
    demand(domain === undefined || HOST_NAME.test(domain), 'domain', 'must be a host name such as "example.com"')
    demand(secure || site !== 'None', 'sameSite', '"none" needs secure')
    demand(secure || !partitioned, 'partitioned', 'needs secure')
    demand(secure || !/^__(secure|host|http)-/i.test(name), 'name', `"${name}" needs secure`)
    demand(
      hostOnly || !/^__host-/i.test(name),
      'name',
      `"${name}" needs path "/" and no domain, or take "__Secure-sid"`,
    )
    demand(httpOnly || !/^__(host-)?http-/i.test(name), 'name', `"${name}" needs httpOnly`)

    this.name = name
    this.persistent = persistent
    this.#attributes = [
      '',
      `Path=${path}`,
      ...(domain === undefined ? [] : [`Domain=${domain}`]),
      ...(secure ? ['Secure'] : []),
      ...(httpOnly ? ['HttpOnly'] : []),
      `SameSite=${site}`,
      ...(partitioned ? ['Partitioned'] : []),
      ...(priority === undefined ? [] : [`Priority=${spell('priority', priority, 'Low', 'Medium', 'High')}`]),
    ].join('; ')
  }

  /** `Set-Cookie` for a session's value. Its Max-Age follows the session, unless the browser is to forget it. */
  set(value: string, { expiresAt, lifetime }: { expiresAt: number; lifetime: Lifetime }, now: number): string {
    const age = lifetime.persistent ? `; Max-Age=${maxAge(now, expiresAt)}` : ''
    return `${this.name}=${value}${age}${this.#attributes}`
  }

  /** `Set-Cookie` that removes the cookie. All attributes are repeated, else browsers would not match it. */
  remove(): string {
    return `${this.name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${this.#attributes}`
  }
}

const HOST_NAME = /^\.?([a-z\d]([-a-z\d]*[a-z\d])?\.)*[a-z\d]([-a-z\d]*[a-z\d])?$/i

/** Some three thousand years, in seconds: more than any clock here has to tell. */
const LONGEST_TIMEOUT = 1e11

/** @throws TypeError if this is not a time that a session can live */
export function checkTimeout(option: string, seconds: number): void {
  // Written so that what is not a number fails.
  const isTime = Number.isFinite(seconds) && seconds > 0 && seconds <= LONGEST_TIMEOUT
  if (!isTime) throw invalidOption(option, 'must be a positive, finite number of seconds')
}
