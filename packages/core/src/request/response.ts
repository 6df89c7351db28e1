import type { CookiePlace, SessionCookie } from '../cookie/cookie-attributes.js'
import { copyResponse } from './copy-response.js'

/**
 * Headers that may tell a cache to keep what `Cache-Control` forbids: `CDN-Cache-Control` (RFC 9213) and those of
 * single vendors. Most vendors put their name before that one or before `Surrogate-Control`.
 */
const CDN_HEADER = /.-cache-control$|(^|-)surrogate-control$|^(edge-control|x-accel-expires)$/

/** What describes a body that is not sent, and how long it may be kept. */
const OF_THE_BODY =
  /^(content-(?!security-policy)|(etag|last-modified|accept-ranges|location|refresh|expires|age|transfer-encoding|trailer|(repr-)?digest|signature(-input)?|sourcemap)$)/i

/** By this header, Hono's server on Node is told that a handler has answered by itself. It is not looked for on a copy. */
const ALREADY_SENT = 'x-hono-already-sent'

/** The part of `Headers` that a commit needs: whatever has it can carry a session's cookie. */
export type HeaderFields = Pick<Headers, 'get' | 'has' | 'set' | 'append' | 'delete' | 'keys' | 'getSetCookie'>

/** What has to go on a response whose session was used. */
export interface ResponseNeeds {
  /** The session's. */
  readonly id: string
  readonly cookies: readonly SessionCookie[]
  /** Tells which `Set-Cookie` lines are this session's own, of an inner handler: there is to be one at most. */
  readonly place: CookiePlace | undefined
  /** Whether the request is one for a WebSocket, and an empty answer goes nowhere. */
  readonly isUpgraded: boolean
}

/**
 * Adds the cookies, `Vary` and `Cache-Control`. A response that gets a cookie is always a new one around the same body,
 * which is never read. The handler's own may be a constant that serves everybody. `Vary` says nothing about a visitor,
 * so it is added in place where that is possible.
 *
 * `undefined` where the cookies can't be sent: `Response.error()`, a body that was used, a 101 on Node, what says that the
 * answer has gone out already.
 */
export function dress(response: Response, needs: ResponseNeeds): Response | undefined {
  if (needs.cookies.length === 0) return varyByCookie(response)
  // By its status: if its type is read, a lightweight response of Hono's server on Node makes itself a heavy one.
  const isUnfit = response.status === 0 || response.headers.has(ALREADY_SENT)
  return isUnfit ? undefined : copy(response, (headers) => addToHeaders(headers, needs))
}

/**
 * The response with `Vary: Cookie`: the same one, if its headers can be changed, else a new one around its body. For
 * adapters.
 */
export function varyByCookie(response: Response): Response {
  const { headers } = response
  if (response.status === 0 || variesByCookie(headers)) return response
  try {
    headers.append('Vary', 'Cookie')
    return response
  } catch {
    return copy(response, addVary) ?? response
  }
}

/** Puts the cookies, `Vary` and `Cache-Control` on headers that belong to one response. */
export function addToHeaders(headers: HeaderFields, { cookies, place }: ResponseNeeds): void {
  // Before anything is added: to look at them all, `Headers` sorts what there is.
  if (cookies.length > 0) for (const name of [...headers.keys()]) if (CDN_HEADER.test(name)) headers.delete(name)
  addVary(headers)
  if (cookies.length === 0) return
  const before = headers.getSetCookie()
  const isOwn = (line: string): boolean => place?.isOwn(line) ?? false
  const lines = cookies.map(String)
  if (before.some(isOwn) && lines.some(isOwn)) {
    headers.delete('Set-Cookie')
    for (const line of before) if (!isOwn(line)) headers.append('Set-Cookie', line)
  }
  // An inner handler may have removed the same cookies of another library.
  for (const line of lines) if (!before.includes(line) || isOwn(line)) headers.append('Set-Cookie', line)
  headers.set('Cache-Control', privateCacheControl(headers.get('Cache-Control')))
}

/** Headers that set these cookies. */
export function headersOf(cookies: readonly SessionCookie[]): Headers {
  const headers = new Headers()
  for (const cookie of cookies) headers.append('Set-Cookie', String(cookie))
  return headers
}

/**
 * For adapters: makes headers of a response that can't be sent ready for that of an error. Cookies stay, and what middleware
 * has set.
 */
export function forgetBody(headers: HeaderFields): void {
  for (const name of [...headers.keys()]) if (OF_THE_BODY.test(name) || CDN_HEADER.test(name)) headers.delete(name)
  headers.set('Cache-Control', 'no-store')
}

function addVary(headers: HeaderFields): void {
  if (!variesByCookie(headers)) headers.append('Vary', 'Cookie')
}

function variesByCookie(headers: HeaderFields): boolean {
  const vary = headers.get('Vary')
  return vary !== null && /(^|,)\s*(cookie|\*)\s*(,|$)/i.test(vary)
}

function copy(response: Response, change: (headers: Headers) => void): Response | undefined {
  try {
    const copy = copyResponse(response)
    change(copy.headers)
    return copy
  } catch {
    return undefined
  }
}

/**
 * A shared cache must never hand one visitor's cookie to another (RFC 9111 section 7.3): what may be stored at all may
 * be stored by the visitor's own browser only.
 */
function privateCacheControl(value: string | null): string {
  if (value === null) return 'no-store'
  // A comma inside a quoted string does not separate directives.
  const directives = value.match(/(?:[^,"]|"[^"]*"?)+/g)?.map((directive) => directive.trim()) ?? []
  const kept = directives.filter((directive) => directive && !/^(public|s-maxage|private)\b/i.test(directive))
  return (kept.some((directive) => /^no-store$/i.test(directive)) ? kept : ['private', ...kept]).join(', ')
}
