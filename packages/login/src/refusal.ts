import { isResponse } from '@fetch-sessions/core'
import { wrong } from './errors.js'
import type { Refusal } from './events.js'
import { safeNext } from './safe-next.js'

/** A request that a guard has not let pass. */
export interface RefusedRequest {
  readonly reason: Refusal
  /** The status of the guard's own answer. */
  readonly status: 401 | 403 | 503
  readonly request: Request
  /** Where a person can do something about it, with the way back; `undefined` where nothing helps. */
  readonly location: string | undefined
}

/** Where people go, and what the way back is called. */
export interface Places {
  readonly redirectTo?: string
  readonly confirmAt?: string
  readonly nextName?: string
}

const STATUS: Readonly<Record<Refusal, RefusedRequest['status']>> = {
  'signed-out': 401,
  unproven: 401,
  forbidden: 403,
  reauth: 403,
  impersonating: 403,
  unavailable: 503,
}

const NO_STORE = { 'Cache-Control': 'no-store' }

export function refusedRequest(request: Request, reason: Refusal, places: Places): RefusedRequest {
  return { reason, status: STATUS[reason], request, location: locationFor(request, reason, places) }
}

/** A person who looks for a page is sent to where it helps; one who sent a form reads of it; a program is told. */
export function answerTo({ reason, status, request, location }: RefusedRequest): Response {
  if (!acceptsPage(request)) return Response.json(codeOf(reason), { status, headers: NO_STORE })
  if (location !== undefined && request.method === 'GET') {
    return new Response(null, { status: 303, headers: { ...NO_STORE, Location: location } })
  }
  return new Response(pageOf(reason, location), {
    status,
    headers: { ...NO_STORE, 'Content-Type': 'text/html; charset=utf-8' },
  })
}

/** Something fresh is missing, also where only somebody else could show it. */
function codeOf(reason: Refusal): object {
  return reason === 'impersonating' ? { code: 'reauth', isImpersonating: true } : { code: reason }
}

/** An answer of the application's own is kept by no cache either. @throws TypeError if it is none */
export function checkedAnswer(answer: unknown): Response {
  if (!isResponse(answer))
    throw wrong('guard: refused', 'must return a Response, or nothing for the answer of the guard')
  const { body, status, statusText, headers } = answer
  const own = new Headers(headers)
  if (!own.has('Cache-Control')) own.set('Cache-Control', NO_STORE['Cache-Control'])
  return new Response(body, { status, statusText, headers: own })
}

/**
 * As a browser writes it, in ASCII, for a header.
 * @throws TypeError if it is no place to send people to
 */
export function placeOf(name: string, value: unknown): string {
  const isUrl = typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)
  const place = isUrl ? new URL(value).href : safeNext(value, '')
  if (place === '') throw wrong(name, 'must be a path that begins with one slash, or an http(s) URL')
  return place
}

/**
 * The longest way back, encoded. Proxies keep 4 096 octets for the headers of an answer, and refuse a request line that is
 * much longer: whoever was sent to sign in with more would never get there.
 */
const MAX_NEXT = 3000

/** `undefined` for a guard in front of the very page, which would send a browser there for ever. */
function locationFor(
  request: Request,
  reason: Refusal,
  { redirectTo = '/sign-in', confirmAt = redirectTo, nextName = 'next' }: Places,
): string | undefined {
  if (reason === 'forbidden' || reason === 'unavailable' || reason === 'impersonating') return undefined
  const place = reason === 'reauth' ? confirmAt : redirectTo
  const { origin, protocol, host, pathname } = new URL(request.url)
  const target = new URL(place, origin)
  // By the host alone: a proxy in front may speak HTTPS where this server does not.
  const isSameSite = target.host === host
  if (isSameSite && target.pathname === pathname) return undefined
  if (target.searchParams.has(nextName)) return place
  const way = wayBack(request)
  // No proxy is in front of a host with a port, of an address, or of this machine.
  const isPlain = /:\d+$|(^|\.)localhost$|^[\d.]+$|^\[/.test(host)
  const scheme = protocol === 'https:' || isPlain ? protocol : target.protocol
  const site = isSameSite ? '' : `${scheme}//${host}`
  const whole = encodeURIComponent(`${site}${way}`)
  const next = whole.length > MAX_NEXT ? encodeURIComponent(`${site}/`) : whole
  const [path = '', fragment] = place.split('#', 2)
  const full = `${path}${path.includes('?') ? '&' : '?'}${encodeURIComponent(nextName)}=${next}`
  return fragment === undefined ? full : `${full}#${fragment}`
}

/** The page that was asked for; of a form, the one that it was on. A path of this site. */
function wayBack({ method, url, headers }: Request): string {
  const { host, pathname, search } = new URL(url)
  if (method === 'GET' || method === 'HEAD') return safeNext(pathname + search)
  const referer = headers.get('referer') ?? ''
  if (!URL.canParse(referer)) return '/'
  const page = new URL(referer)
  // By the host alone: a proxy in front may speak HTTPS where this server does not.
  return page.host === host ? safeNext(page.pathname + page.search) : '/'
}

/** Whether it is a browser that shows what comes, and not a script. */
function acceptsPage({ headers }: Request): boolean {
  return /(^|,)\s*text\/html\s*(;|,|$)/i.test(headers.get('accept') ?? '')
}

const WORDS: Readonly<Record<Refusal, string>> = {
  'signed-out': 'You are not signed in',
  unproven: 'This device has to sign in again',
  forbidden: 'You may not do this',
  reauth: 'Please show once more that it is you',
  impersonating: 'You act as somebody else, and this is for them alone',
  unavailable: 'Please try again in a moment',
}

function pageOf(reason: Refusal, location: string | undefined): string {
  const words = WORDS[reason]
  const link =
    location === undefined
      ? ''
      : `<p><a href="${escaped(location)}">${reason === 'reauth' ? 'Continue' : 'Sign in'}</a></p>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${words}</title><h1>${words}</h1>${link}</html>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
