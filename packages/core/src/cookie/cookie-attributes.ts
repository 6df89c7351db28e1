import { invalidOption, rejectUnknown } from '../option-error.js'
import { BoundedMap } from '../store/bounded-map.js'

/** A place at which a cookie used to be set. */
export interface RetiredCookie {
  /** Default: today's name. */
  name?: string | undefined
  /** Default: none, whatever today's is. The cookie was set for the very host. */
  domain?: string | undefined
  /** Default `/`, whatever today's is. */
  path?: string | undefined
  /** Default false, whatever today's is. */
  partitioned?: boolean | undefined
}

/** The attributes of the session cookie (RFC 6265bis section 4.1.2). */
export interface CookieOptions {
  /**
   * Default `__Host-sid` if the cookie is secure, has the path `/` and no domain; else `__Secure-sid` if it is secure;
   * else `sid`. The `__Host-` prefix keeps other hosts of the same domain from planting a cookie.
   */
  name?: string | undefined
  /** Default `/`. */
  path?: string | undefined
  /**
   * Default none: the cookie goes back to the very host that set it. A function serves one application on many hosts;
   * it is given no request where there is none (`issue`, and `open` of headers or a text).
   */
  domain?: string | ((request: Request | undefined) => string | undefined) | undefined
  /**
   * Places where this cookie, or one of another name, used to be set. A request that brings such a cookie gets it
   * removed with the next `Set-Cookie`.
   */
  retired?: readonly RetiredCookie[] | undefined
  /** Default true: sent over https only (browsers make an exception for `http://localhost`). */
  secure?: boolean | undefined
  /** Default true: out of reach of scripts. */
  httpOnly?: boolean | undefined
  /** Default `lax`: not sent with requests that another site's page makes, but with links that lead here. */
  sameSite?: 'strict' | 'lax' | 'none' | undefined
  /** A cookie of its own for each top-level site that embeds this one (CHIPS). */
  partitioned?: boolean | undefined
  /** Which cookies a browser that runs out of room keeps longest. */
  priority?: 'low' | 'medium' | 'high' | undefined
  /** `false`: no Max-Age, so the browser forgets the cookie when it closes. Default true. */
  persistent?: boolean | undefined
}

/** What a package beside core may have to know of the session cookie. */
export interface CookieTraits {
  readonly name: string
  readonly path: string
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly partitioned: boolean
  /** Whether it goes back to the very host that set it, and to no other. */
  readonly hostOnly: boolean
}

/** A cookie in its parts, for frameworks that set cookies by name, value and options. As a text it is `Set-Cookie`. */
export interface SessionCookie {
  readonly name: string
  readonly value: string
  readonly options: SessionCookieOptions
  toString(): string
}

/** As Next's `cookies().set` and others take them. `maxAge` is in seconds; without it, the browser forgets the cookie. */
export interface SessionCookieOptions {
  readonly path: string
  readonly domain?: string
  readonly maxAge?: number
  readonly expires?: Date
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: 'strict' | 'lax' | 'none'
  readonly partitioned?: boolean
  readonly priority?: 'low' | 'medium' | 'high'
}

const COOKIE_OPTIONS = 'name path domain retired secure httpOnly sameSite partitioned priority persistent'.split(' ')
/** With `_`, which names of hosts have as well. */
const HOST_NAME = /^\.?(\w([-\w]*\w)?\.)*\w([-\w]*\w)?$/
/** An IPv6 address, or a name that ends with its root: browsers keep a cookie for that host alone, if at all. */
const LONE_HOST = /^\[[\da-f:.]+]$|\.$/i
const COOKIE_NAME = /^[!#$%&'*+\-.^`|~\w]+$/
const COOKIE_PATH = /^\/[^;]*$/
/** Browsers ignore an attribute value that is longer (RFC 6265bis section 5.6). */
const MAX_ATTRIBUTE_LENGTH = 1024
/** How many domains are remembered, where the domain is the request's. */
const REMEMBERED_DOMAINS = 1000

/** How the session cookie is written: its name, and its attributes for each request. */
export class CookieAttributes {
  readonly name: string
  readonly persistent: boolean
  readonly #options: SessionCookieOptions
  readonly #domain: CookieOptions['domain']
  readonly #retired: readonly RetiredCookie[]
  readonly #places: BoundedMap<CookiePlace> = new BoundedMap(REMEMBERED_DOMAINS)

  /** @throws TypeError naming the attribute that can't work and what to do */
  constructor(options: CookieOptions = {}) {
    rejectUnknown('cookie.', options, COOKIE_OPTIONS)
    const { path = '/', domain, secure = true, httpOnly = true, persistent = true, partitioned = false } = options
    const { sameSite = 'lax', priority, retired = [] } = options
    for (const [name, value] of Object.entries({ secure, httpOnly, persistent, partitioned })) checkBoolean(name, value)
    checkPath('path', path)
    if (typeof domain !== 'function') checkDomain(domain)
    const hostOnly = path === '/' && domain === undefined
    const { name = secure ? (hostOnly ? '__Host-sid' : '__Secure-sid') : 'sid' } = options
    const site = oneOf('sameSite', sameSite, ['strict', 'lax', 'none'])
    checkName('name', name)
    demand(secure || site !== 'none', 'sameSite', '"none" needs secure')
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
    this.#domain = domain
    this.#options = {
      path,
      secure,
      httpOnly,
      sameSite: site,
      ...(partitioned && { partitioned }),
      ...(priority !== undefined && { priority: oneOf('priority', priority, ['low', 'medium', 'high']) }),
    }
    demand(Array.isArray(retired), 'retired', 'must be a list of { name, domain, path, partitioned }')
    this.#retired = retired.map((place) => this.#checkRetired(place))
  }

  get traits(): CookieTraits {
    const { path, sameSite, partitioned = false } = this.#options
    return { name: this.name, path, sameSite, partitioned, hostOnly: this.#domain === undefined }
  }

  /**
   * Where the cookie of this request is set.
   * @throws TypeError if the function of `cookie.domain` gives no host name
   */
  at(request: Request | undefined): CookiePlace {
    let domain = this.#domain
    if (typeof domain === 'function') {
      const given = domain(request)
      domain = LONE_HOST.test(`${given}`) ? undefined : given
      checkDomain(domain)
    }
    const key = domain ?? ''
    let place = this.#places.get(key)
    if (place === undefined) {
      const options = domain === undefined ? this.#options : { ...this.#options, domain }
      // What is retired for one host may be where the cookie of another one is set.
      const retired = this.#retired.filter((place) => !this.#isToday(place, domain))
      place = new CookiePlace(this.name, options, this.persistent, retired)
      this.#places.set(key, place)
    }
    return place
  }

  #checkRetired(place: RetiredCookie): RetiredCookie {
    rejectUnknown('cookie.retired.', place, ['name', 'domain', 'path', 'partitioned'])
    const { name = this.name, path = '/', domain, partitioned = false } = place
    checkName('retired.name', name)
    checkPath('retired.path', path)
    checkDomain(domain, 'retired.domain')
    checkBoolean('retired.partitioned', partitioned)
    const checked = { ...place, name, path, partitioned }
    const isToday = typeof this.#domain !== 'function' && this.#isToday(checked, this.#domain)
    demand(!isToday, 'retired', 'names the place where the cookie is set today: leave that one out')
    return checked
  }

  #isToday(place: RetiredCookie, domain: string | undefined): boolean {
    return whereOf(place) === whereOf({ ...this.#options, name: this.name }, domain)
  }
}

/** The cookie as it is set for requests of one domain. */
export class CookiePlace {
  readonly name: string
  /** Tells these attributes from others: it is noted with each record whose cookie was sent with them. */
  readonly fingerprint: string
  readonly secure: boolean
  readonly #options: SessionCookieOptions
  readonly #attributes: string
  readonly #place: string
  readonly #retired: readonly RetiredCookie[]

  constructor(name: string, options: SessionCookieOptions, persistent: boolean, retired: readonly RetiredCookie[]) {
    this.name = name
    this.secure = options.secure
    this.#options = options
    this.#attributes = attributesOf(options)
    this.#place = placeIn(this.#attributes)
    this.fingerprint = fingerprintOf(`${persistent}${this.#attributes}`)
    this.#retired = retired
  }

  /** The cookie of a session. `maxAge` in seconds; `undefined`: the browser is to forget it. */
  set(value: string, maxAge: number | undefined): SessionCookie {
    const { name } = this
    const options = maxAge === undefined ? this.#options : { ...this.#options, maxAge }
    const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`
    return { name, value, options, toString: () => `${name}=${value}${age}${this.#attributes}` }
  }

  /** What removes the cookie. All attributes are repeated, else browsers would not match it. */
  remove(): SessionCookie {
    return removalOf(this.name, this.#options, this.#attributes)
  }

  /** What removes the cookies at retired places that the request may have brought. */
  removeRetired(isBrought: (name: string) => boolean): SessionCookie[] {
    return this.#retired.filter(({ name }) => isBrought(name as string)).map((place) => this.#removeAt(place))
  }

  /** What removes another library's cookies. One at this very place is overwritten anyway. */
  removeOld(places: readonly RetiredCookie[]): SessionCookie[] {
    const here = whereOf({ ...this.#options, name: this.name })
    return places.filter((place) => whereOf(place) !== here).map((place) => this.#removeAt(place))
  }

  /** Whether a `Set-Cookie` line sets or removes the cookie at this very place. A framework may have written it anew. */
  isOwn(line: string): boolean {
    return line.startsWith(`${this.name}=`) && placeIn(line) === this.#place
  }

  #removeAt({ name = this.name, path = '/', domain, partitioned = false }: RetiredCookie): SessionCookie {
    const { domain: _today, partitioned: _also, ...rest } = this.#options
    const options: SessionCookieOptions = {
      ...rest,
      path,
      // A partitioned cookie is always a secure one, and so is one of such a name.
      secure: rest.secure || partitioned || /^__(secure|host|http)-/i.test(name),
      ...(domain !== undefined && { domain }),
      ...(partitioned && { partitioned }),
    }
    return removalOf(name, options, attributesOf(options))
  }
}

/** What tells cookies of one name apart in a browser, in one order and case. The case of a path counts. */
function placeIn(line: string): string {
  const lowered = line.replace(/;[^;/]+/g, (text) => text.toLowerCase())
  return [...lowered.matchAll(/;\s*(path=|domain=|partitioned)\.?([^;]*)/g)]
    .map(([, name, value]) => `${name}${value?.trim()}`)
    .sort()
    .join()
}

function removalOf(name: string, options: SessionCookieOptions, attributes: string): SessionCookie {
  return {
    name,
    value: '',
    options: { ...options, maxAge: 0, expires: new Date(0) },
    toString: () => `${name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${attributes}`,
  }
}

function attributesOf({
  path,
  domain,
  secure,
  httpOnly,
  sameSite,
  partitioned,
  priority,
}: SessionCookieOptions): string {
  return [
    '',
    `Path=${path}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    ...(secure ? ['Secure'] : []),
    ...(httpOnly ? ['HttpOnly'] : []),
    `SameSite=${capitalized(sameSite)}`,
    ...(partitioned ? ['Partitioned'] : []),
    ...(priority === undefined ? [] : [`Priority=${capitalized(priority)}`]),
  ].join('; ')
}

/** As long as a fingerprint can be: 32 bits. */
export const LONGEST_FINGERPRINT: string = (2 ** 32 - 1).toString(36)

/** A short text that differs where the attributes do (FNV-1a). It guards nothing. */
function fingerprintOf(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(36)
}

function capitalized(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`
}

function demand(isMet: boolean, attribute: string, problem: string): void {
  if (!isMet) throw invalidOption(`cookie.${attribute}`, problem)
}

function checkName(attribute: string, name: unknown): void {
  const isToken = typeof name === 'string' && COOKIE_NAME.test(name)
  demand(isToken, attribute, 'must be a token (RFC 6265): no blank, separator or non-ASCII')
}

function checkBoolean(attribute: string, value: unknown): void {
  demand(typeof value === 'boolean', attribute, 'must be true or false')
}

function checkPath(attribute: string, path: unknown): void {
  const isPath = typeof path === 'string' && COOKIE_PATH.test(path)
  demand(isPath, attribute, 'must start with "/", without ";"')
  // Browsers compare it with that of a URL.
  const { pathname } = new URL(`http://x${path}`)
  demand(pathname === path, attribute, `must be as in a URL, "${pathname}"`)
  demand((path as string).length <= MAX_ATTRIBUTE_LENGTH, attribute, 'is too long')
}

function checkDomain(domain: unknown, attribute = 'domain'): void {
  const isHost = domain === undefined || (typeof domain === 'string' && HOST_NAME.test(domain))
  demand(isHost, attribute, 'must be a host name such as "example.com"')
  demand(domain === undefined || (domain as string).length <= MAX_ATTRIBUTE_LENGTH, attribute, 'is too long')
}

/** What tells the places apart at which a browser keeps cookies. Only a path may have a comma. */
function whereOf({ name, path = '/', partitioned = false, ...place }: RetiredCookie, domain = place.domain): string {
  return [name, path, partitioned, domain?.replace(/^\./, '').toLowerCase()].join()
}

/** The word as we spell it, in whatever case it came. */
function oneOf<Word extends string>(attribute: string, word: unknown, words: readonly Word[]): Word {
  const known = words.find((known) => known === String(word).toLowerCase())
  if (known === undefined) throw invalidOption(`cookie.${attribute}`, `must be one of ${words.join(', ')}`)
  return known
}
