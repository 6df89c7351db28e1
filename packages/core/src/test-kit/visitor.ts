import { invalidOption, rejectUnknown } from '../option-error.js'
import type { ReadableSession } from '../session/session.js'
import { CookieJar, type KeptCookie } from './cookie-jar.js'
import type { SessionIssuer, SessionReader } from './sessions.js'
import { giveCookies, redirected, requestOf, type VisitInit } from './visit-request.js'
import {
  HOME,
  isAddress,
  originOf,
  type Send,
  senderOf,
  type VisitorArguments,
  type VisitorOptions,
  type VisitorTarget,
} from './visitor-target.js'

/** A `Set-Cookie` line that no browser would have kept. */
export interface RefusedCookie {
  readonly setCookie: string
  readonly because: string
}

const OPTIONS = ['origin', 'args', 'headers', 'redirect', 'now']
const MOST_REDIRECTS = 20

/**
 * Somebody with a browser, as far as cookies go: keeps what responses set, by their path, domain, expiry and `Secure`, and
 * sends it back. Several visitors know nothing of each other.
 *
 * @example
 * ```ts
 * const visitor = new Visitor(app.fetch)
 * await visitor.post('/sign-in', { form: { name: 'ada' } })
 * const page = await visitor.get('/account')
 * ```
 */
export class Visitor<Rest extends readonly unknown[] = readonly unknown[]> {
  /** What was not kept, and why: the place to look when a session does not come back. */
  readonly refused: RefusedCookie[] = []
  /** Where the last answer came from, by which one sees where redirects have led. */
  url: URL | undefined
  readonly #send: Send
  readonly #options: VisitorOptions
  readonly #origin: URL
  readonly #now: () => number
  #jar: CookieJar

  /** @throws TypeError if the target answers nothing, or an option can't work */
  constructor(target: VisitorTarget<Rest>, ...[options = {}]: VisitorArguments<Rest>) {
    rejectUnknown('', options, OPTIONS)
    this.#send = senderOf(target, options.args)
    this.#options = options
    this.#origin = originOf(options.origin ?? (isAddress(target) ? target : HOME))
    const { now = () => Date.now(), redirect = 'manual' } = options
    if (typeof now !== 'function') throw invalidOption('now', 'must be a function, such as clock.now')
    if (redirect !== 'manual' && redirect !== 'follow') throw invalidOption('redirect', 'must be manual or follow')
    this.#now = now
    this.#jar = new CookieJar(now)
  }

  /**
   * Sends a request with the visitor's cookies and keeps those that the answer sets. A `Cookie` header of its own is sent
   * in their place. `redirect: 'follow'` follows redirects within the origin. `credentials: 'omit'` leaves the visitor's
   * cookies alone: none is sent, none is kept.
   */
  async fetch(input: string | URL | Request, init: VisitInit = {}): Promise<Response> {
    const follows = (init.redirect ?? this.#options.redirect) === 'follow'
    let request = requestOf(isRequest(input) ? input : new URL(input, this.#origin), init)
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const again = follows && request.body !== null ? request.clone() : request
      const response = await this.#visit(request, hops === 0 && request.headers.has('cookie'), init)
      const next = follows ? redirected(again, response) : undefined
      if (next === undefined) return response
      await response.body?.cancel()
      next.headers.delete('cookie')
      request = next
    }
    throw new TypeError(`fetch-sessions: more than ${MOST_REDIRECTS} redirects, the last one to ${request.url}`)
  }

  get(path: string | URL, init: VisitInit = {}): Promise<Response> {
    return this.fetch(path, { ...init, method: 'GET' })
  }

  /** A body is given as `fetch` takes it, or as `json`, or as `form`. So it is with `put`, `patch` and `delete`. */
  post(path: string | URL, init: VisitInit = {}): Promise<Response> {
    return this.fetch(path, { ...init, method: 'POST' })
  }

  put(path: string | URL, init: VisitInit = {}): Promise<Response> {
    return this.fetch(path, { ...init, method: 'PUT' })
  }

  patch(path: string | URL, init: VisitInit = {}): Promise<Response> {
    return this.fetch(path, { ...init, method: 'PATCH' })
  }

  delete(path: string | URL, init: VisitInit = {}): Promise<Response> {
    return this.fetch(path, { ...init, method: 'DELETE' })
  }

  /** The visitor's session as this manager would see it at the next visit. It is no use of the session. */
  session<Data>(sessions: SessionReader<Data>, path = '/'): Promise<ReadableSession<Data>> {
    return sessions.read(this.cookie(path))
  }

  /**
   * Gives the visitor a stored session that holds this, as if they had signed in. Returns the visitor.
   * @throws TypeError if a browser would not keep the cookie there
   */
  async signIn<Data>(
    sessions: SessionIssuer<Data>,
    data: Partial<Data>,
    options: { owner?: string } = {},
  ): Promise<this> {
    this.setCookie((await sessions.issue(data, options)).setCookie)
    return this
  }

  /** The `Cookie` header of the next visit to this path, or the empty text. */
  cookie(path: string | URL = '/'): string {
    return this.#jar.header(new URL(path, this.#origin))
  }

  /** The cookies that the visitor has. */
  get cookies(): readonly KeptCookie[] {
    return this.#jar.all
  }

  /**
   * Keeps a cookie as if a response from this path had set it.
   * @throws TypeError that says why, if a browser would not keep it
   */
  setCookie(line: string, path: string | URL = '/'): void {
    const because = this.#jar.set(line, new URL(path, this.#origin))
    if (because !== undefined) throw new TypeError(`fetch-sessions: no browser would keep this cookie: ${because}`)
  }

  clearCookies(): void {
    this.#jar.clear()
  }

  /** The browser is closed and opened again: cookies without `Max-Age` and `Expires` are forgotten. */
  reopenBrowser(): void {
    this.#jar.endBrowserSession()
  }

  /** Another visitor with the same cookies, such as somebody who has stolen them. From then on they are apart. */
  clone(): Visitor {
    const visitor = new Visitor<[]>(this.#send, { ...this.#options, args: [], origin: this.#origin.href })
    visitor.#jar = new CookieJar(this.#now, this.#jar.all)
    return visitor
  }

  async #visit(request: Request, hasOwnCookie: boolean, { credentials }: VisitInit): Promise<Response> {
    const url = new URL(request.url)
    for (const [name, value] of Object.entries(this.#options.headers ?? {})) {
      if (!request.headers.has(name)) request.headers.set(name, value)
    }
    // As browsers do; what guards against forged requests looks for it.
    const isSafe = request.method === 'GET' || request.method === 'HEAD'
    if (!isSafe && !request.headers.has('origin')) request.headers.set('origin', url.origin)
    const header = hasOwnCookie || credentials === 'omit' ? '' : this.#jar.header(url)
    if (header !== '') giveCookies(request, header)
    const response = await this.#send(request)
    if (!isResponse(response))
      throw new TypeError(`fetch-sessions: ${request.method} ${url.pathname} was answered with no Response`)
    this.url = url
    if (credentials !== 'omit') this.#keep(response, url)
    return response
  }

  #keep(response: Response, url: URL): void {
    for (const setCookie of response.headers.getSetCookie()) {
      const because = this.#jar.set(setCookie, url)
      if (because !== undefined) this.refused.push({ setCookie, because })
    }
  }
}

function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && 'headers' in input && 'url' in input
}

/** One of another realm, or what a framework puts in its place. */
function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'headers' in value && 'status' in value
}
