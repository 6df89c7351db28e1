import { isPromise } from '../awaitable.js'
import type { SessionContext } from '../context.js'
import type { CookiePlace, SessionCookie } from '../cookie/cookie-attributes.js'
import { cookieValues } from '../cookie/cookie-header.js'
import { maxAge } from '../session/lifetime.js'
import { isObject } from '../session/plain-values.js'
import type { SessionState } from '../session/session-state.js'
import type { Awaitable } from '../store/store.js'

/** What has the cookies of a request: itself, its headers, or the text of its `Cookie` header. */
export type CookieSource = Request | Headers | string | undefined

/** On Deno, the headers of a request can't be read any more once it is answered or upgraded. */
export const areHeadersShortLived: boolean = 'Deno' in globalThis

const NONE: readonly SessionCookie[] = []

/** The cookies that one request has brought, and those that go out with its response. */
export class RequestCookies {
  readonly #context: SessionContext
  readonly #source: CookieSource
  /** The text of the `Cookie` header, once somebody has asked for it. */
  #text: string | undefined
  #place: CookiePlace | undefined

  constructor(context: SessionContext, source: CookieSource) {
    this.#context = context
    this.#source = source
    if (areHeadersShortLived) this.#text = cookiesOf(source)
  }

  /** Whether a request has brought these: the same one, or a proxy of it, with the cookies that it had. */
  areOf(request: Request): boolean {
    if (this.#source === request && this.#text === undefined) return true
    try {
      return cookiesOf(request) === this.header
    } catch {
      // It was found on this request, and it has no cookies of its own that could be read: a proxy on Bun, on Deno a
      // request that is answered already.
      return true
    }
  }

  /** The values of all cookies of our name, good or bad. */
  values(): string[] {
    return cookieValues(this.header, this.#context.cookie.name)
  }

  /** Where the cookie is set for this request. */
  get place(): CookiePlace {
    this.#place ??= this.#context.cookie.at(isRequest(this.#source) ? this.#source : undefined)
    return this.#place
  }

  /** Whether Bun upgrades this request to a WebSocket. The 101 has gone out by then, and no response follows. */
  get isUpgradedByCall(): boolean {
    const isBun = 'Bun' in globalThis && isRequest(this.#source)
    return isBun && this.#source.headers.get('upgrade')?.toLowerCase() === 'websocket'
  }

  /**
   * The cookies that the response needs. `sentAs`: the fingerprint of the attributes with which the cookie that came
   * was set. `hasInner`: an inner handler has put our cookie on the response. A sign-out has to remove that one, too.
   * `hasOld`: the cookies of another library stay.
   */
  toSend(
    state: SessionState,
    sentAs: string | undefined,
    hasInner: boolean,
    hasOld: boolean,
  ): Awaitable<readonly SessionCookie[]> {
    const { place } = this
    if (state.status === 'destroyed') {
      // Where the store failed, the visitor keeps the cookie, to sign out again.
      if (!(state.isNew && state.ending === undefined) && state.cookie !== 'due') return NONE
      const hasOurs = this.values().length > 0 || hasInner
      return [...this.#removeOld(sentAs), ...(hasOurs ? this.#withRetired(place.remove(), sentAs) : [])]
    }
    if (state.status !== 'live' || state.isNew) return NONE
    const old = hasOld ? NONE : this.#removeOld(sentAs)
    if (state.cookie === undefined) return old
    const { now, warnings, format } = this.#context
    const { expiresAt, lifetime } = state.stored
    const send = (value: string): SessionCookie[] => {
      if (place.secure && this.values().length === 0 && isRequest(this.#source)) warnings.cookieSent(this.#source)
      const cookie = place.set(value, lifetime.persistent ? maxAge(now(), expiresAt) : undefined)
      return [...old, ...this.#withRetired(cookie, sentAs)]
    }
    const value = format.cookieValue(state.identity)
    if (!isPromise(value)) return send(value)
    return value.then(send, (error) => {
      // The cookie that came is still good.
      if (state.cookie === 'refresh') return old
      throw error
    })
  }

  /** What removes the cookies of another library that the request has brought. */
  #removeOld(sentAs: string | undefined): readonly SessionCookie[] {
    const { oldSessions } = this.#context
    if (oldSessions === undefined) return NONE
    const brought = oldSessions.cookies(this.header)
    return this.place.removeOld(brought.filter(({ name }) => name !== this.place.name || this.#hasOther(sentAs)))
  }

  #withRetired(cookie: SessionCookie, sentAs: string | undefined): SessionCookie[] {
    const isBrought = (retired: string): boolean =>
      retired === this.place.name ? this.#hasOther(sentAs) : cookieValues(this.header, retired).length > 0
    return [...this.place.removeRetired(isBrought), cookie]
  }

  /** Whether a cookie of today's name was set at another place. */
  #hasOther(sentAs: string | undefined): boolean {
    const { length } = this.values()
    return length > 1 || (length === 1 && sentAs !== this.place.fingerprint)
  }

  get header(): string {
    this.#text ??= cookiesOf(this.#source)
    return this.#text
  }
}

/**
 * The text of the `Cookie` header.
 * @throws TypeError if this is nothing that has one
 */
export function cookiesOf(source: CookieSource): string {
  if (source === undefined || typeof source === 'string') return source ?? ''
  const headers: unknown = isObject(source) && 'headers' in source ? source.headers : source
  if (isObject(headers) && 'get' in headers && typeof headers.get === 'function') {
    return (headers as Headers).get('cookie') ?? ''
  }
  throw new TypeError('fetch-sessions: open takes a Request, its Headers, or the text of its Cookie header')
}

export function isRequest(source: unknown): source is Request {
  return isObject(source) && 'headers' in source
}
