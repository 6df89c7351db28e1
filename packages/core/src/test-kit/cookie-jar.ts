import { parseSetCookie, type SetCookie } from './set-cookie.js'

/** A cookie that a visitor keeps. */
export interface KeptCookie {
  readonly name: string
  readonly value: string
  /** The host that it is sent to, and with `isHostOnly` to that one alone. */
  readonly domain: string
  readonly isHostOnly: boolean
  readonly path: string
  /** Milliseconds since the epoch; `undefined`: until the browser is closed. */
  readonly expiresAt: number | undefined
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly partitioned: boolean
  readonly sameSite: string | undefined
}

/** No browser keeps a cookie for longer: 400 days, in milliseconds (RFC 6265bis section 5.5). */
const MAX_LIFETIME = 400 * 86_400_000

const PREFIXED = /^__(secure|host-http|host|http)-/i

/**
 * The cookies of one browser (RFC 6265bis sections 5.4, 5.7 and 5.8). It knows no list of public suffixes: a domain
 * without a dot is taken for one. Whoever asks is on the site itself, so that `SameSite` holds nothing back.
 */
export class CookieJar {
  readonly #now: () => number
  /** In the order in which they were made. */
  readonly #cookies: Map<string, KeptCookie>

  constructor(now: () => number, cookies: Iterable<KeptCookie> = []) {
    this.#now = now
    this.#cookies = new Map([...cookies].map((cookie) => [keyOf(cookie), cookie]))
  }

  /** The cookies that have not expired. */
  get all(): KeptCookie[] {
    const now = this.#now()
    return [...this.#cookies.values()].filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  }

  /** Does what a `Set-Cookie` line says. `undefined`, or why a browser would not keep this cookie. */
  set(line: string, url: URL): string | undefined {
    const read = parseSetCookie(line)
    if (read === undefined) return 'it is no cookie, or has more than 4096 bytes'
    const problem = problemOf(read, url) ?? this.#overlayProblem(read, url)
    if (problem !== undefined) return problem
    const cookie = keep(read, url, this.#now())
    const key = keyOf(cookie)
    if (cookie.expiresAt !== undefined && cookie.expiresAt <= this.#now()) this.#cookies.delete(key)
    else this.#cookies.set(key, cookie)
    return undefined
  }

  /** The `Cookie` header of a request to this address, or the empty text. Longer paths go first, then older cookies. */
  header(url: URL): string {
    return this.all
      .filter((cookie) => isSentTo(cookie, url))
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => (name === '' ? value : `${name}=${value}`))
      .join('; ')
  }

  /** What a browser that is closed forgets. */
  endBrowserSession(): void {
    for (const [key, { expiresAt }] of this.#cookies) if (expiresAt === undefined) this.#cookies.delete(key)
  }

  clear(): void {
    this.#cookies.clear()
  }

  /** Plain http must not hide a cookie that https has set ("leave secure cookies alone"). */
  #overlayProblem({ name, secure, domain, path }: SetCookie, url: URL): string | undefined {
    if (secure || isTrustworthy(url)) return undefined
    const at = path ?? defaultPath(url)
    const isHiding = this.all.some(
      (kept) =>
        kept.secure &&
        kept.name === name &&
        (domainMatches(kept.domain, domain ?? url.hostname) || domainMatches(domain ?? url.hostname, kept.domain)) &&
        pathMatches(at, kept.path),
    )
    return isHiding ? 'plain http must not set a cookie over one that is Secure' : undefined
  }
}

function problemOf(cookie: SetCookie, url: URL): string | undefined {
  const { name, value, domain, path, secure, httpOnly, partitioned, sameSite } = cookie
  if (domain !== undefined && !domainMatches(url.hostname, domain)) return `${url.hostname} is not in Domain=${domain}`
  if (domain !== undefined && domain !== url.hostname && !domain.includes('.'))
    return `Domain=${domain} is nobody’s own: it has no dot`
  if (secure && !isTrustworthy(url)) return `Secure needs https, and ${url.origin} is plain http`
  if (partitioned && !secure) return 'Partitioned needs Secure'
  if (sameSite === 'none' && !secure) return 'SameSite=None needs Secure'
  const [, prefix] = (name === '' ? value : name).match(PREFIXED) ?? []
  if (prefix === undefined) return undefined
  if (name === '') return 'a cookie without a name must not look like one with a prefix'
  if (!secure) return `${name} needs Secure`
  if (/http$/i.test(prefix) && !httpOnly) return `${name} needs HttpOnly`
  if (/^host/i.test(prefix) && (domain !== undefined || path !== '/')) return `${name} needs Path=/ and no Domain`
  return undefined
}

function keep(read: SetCookie, url: URL, now: number): KeptCookie {
  const { name, value, domain, path, maxAge, expires, secure, httpOnly, partitioned, sameSite } = read
  const end = maxAge === undefined ? expires : maxAge <= 0 ? Number.NEGATIVE_INFINITY : now + maxAge * 1000
  return {
    name,
    value,
    domain: domain ?? url.hostname,
    isHostOnly: domain === undefined,
    path: path ?? defaultPath(url),
    expiresAt: end === undefined ? undefined : Math.min(end, now + MAX_LIFETIME),
    secure,
    httpOnly,
    partitioned,
    sameSite,
  }
}

/** What tells one cookie from another. */
function keyOf({ name, domain, isHostOnly, path, partitioned }: KeptCookie): string {
  return [name, domain, isHostOnly, path, partitioned].join('\n')
}

function isSentTo({ domain, isHostOnly, path, secure }: KeptCookie, url: URL): boolean {
  const isHost = isHostOnly ? url.hostname === domain : domainMatches(url.hostname, domain)
  return isHost && pathMatches(url.pathname, path) && (!secure || isTrustworthy(url))
}

/** RFC 6265bis section 5.1.3. An address in numbers has no subdomains. */
export function domainMatches(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && !/^[\d.]+$|^\[/.test(host))
}

/** RFC 6265bis section 5.1.4. */
export function pathMatches(path: string, cookiePath: string): boolean {
  if (path === cookiePath) return true
  return path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path[cookiePath.length] === '/')
}

/** The folder of the page that set the cookie. */
function defaultPath({ pathname }: URL): string {
  return pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')))
}

/** https, or a server on this machine: to that, Chromium and Firefox send `Secure` cookies over plain http as well. */
export function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || /^(.*\.)?localhost$|^127(\.\d+){3}$|^\[::1\]$/.test(hostname)
}
