import { type Lifetime, MAX_COOKIE_AGE, maxAge } from './lifetime.js'
import { invalidOption } from './option-error.js'

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
    const {
      path = '/',
      domain,
      secure = true,
      httpOnly = true,
      sameSite = 'lax',
      partitioned = false,
      priority,
    } = options
    const hostOnly = path === '/' && domain === undefined
    const name = options.name ?? (secure ? (hostOnly ? '__Host-sid' : '__Secure-sid') : 'sid')
    const site = canonical('sameSite', sameSite, ['Strict', 'Lax', 'None'])

    if (!/^[!#$%&'*+\-.^`|~\w]+$/.test(name))
      throw invalidOption('cookie.name', 'must be an RFC 6265 token: no blanks, separators or non-ASCII')
    if (!/^\/[\x20-\x3a\x3c-\x7e]*$/.test(path))
      throw invalidOption('cookie.path', 'must start with "/" and hold neither ";" nor control or non-ASCII characters')
    if (domain !== undefined && !/^\.?([a-z\d]([-a-z\d]*[a-z\d])?\.)*[a-z\d]([-a-z\d]*[a-z\d])?$/i.test(domain))
      throw invalidOption('cookie.domain', 'must be a host name such as "example.com"')
    if (!secure) {
      if (site === 'None')
        throw invalidOption('cookie.sameSite', '"none" needs secure: browsers refuse the cookie otherwise')
      if (partitioned) throw invalidOption('cookie.partitioned', 'needs secure: browsers refuse the cookie otherwise')
      if (/^__(secure|host|http)-/i.test(name))
        throw invalidOption('cookie.name', `${JSON.stringify(name)} needs secure`)
    }
    if (/^__host-/i.test(name) && !hostOnly)
      throw invalidOption(
        'cookie.name',
        `${JSON.stringify(name)} needs the path "/" and no domain: leave them out, or take "__Secure-sid"`,
      )
    if (/^__(host-)?http-/i.test(name) && !httpOnly)
      throw invalidOption('cookie.name', `${JSON.stringify(name)} needs httpOnly`)

    this.name = name
    this.persistent = options.persistent ?? true
    this.#attributes =
      `; Path=${path}` +
      (domain === undefined ? '' : `; Domain=${domain}`) +
      (secure ? '; Secure' : '') +
      (httpOnly ? '; HttpOnly' : '') +
      `; SameSite=${site}` +
      (partitioned ? '; Partitioned' : '') +
      (priority === undefined ? '' : `; Priority=${canonical('priority', priority, ['Low', 'Medium', 'High'])}`)
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

function canonical(attribute: string, value: unknown, words: readonly string[]): string {
  const word = words.find((candidate) => candidate.toLowerCase() === String(value).toLowerCase())
  if (word === undefined) throw invalidOption(`cookie.${attribute}`, `must be one of ${words.join(', ').toLowerCase()}`)
  return word
}

/** A timeout in seconds that a cookie may have to carry. */
export function checkTimeout(option: string, seconds: unknown): void {
  if (typeof seconds !== 'number' || !(seconds > 0) || !Number.isFinite(seconds))
    throw invalidOption(option, 'must be a positive, finite number of seconds')
}

/** A Max-Age that browsers would cut short. */
export function checkMaxAge(seconds: number): void {
  if (seconds > MAX_COOKIE_AGE)
    throw invalidOption(
      'idleTimeout',
      'and absoluteTimeout make a Max-Age above 400 days, which browsers cut short: lower one of them',
    )
}
