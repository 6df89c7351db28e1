import type { CookiePlace, SessionCookie } from '../cookie/cookie-attributes.js'
import { invalidOption } from '../option-error.js'
import { isObject } from '../session/plain-values.js'

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

/**
 * A new response around the same body, whose headers can be changed. For packages beside core.
 *
 * On Bun, a text is text only as long as nobody asks for its body as a stream: then it goes out as
 * `application/octet-stream`, and browsers download it. Its clone stays one. The clone of a stream would be no copy that
 * costs nothing: what is read of one is kept for the other.
 * @throws TypeError or RangeError for what can't be wrapped: a body that was used, `Response.error()`
 */
export function copyResponse(response: Response): Response {
  const { headers } = response
  const { Bun } = globalThis as { Bun?: BunTools }
  const isText = Bun && !headers.has('Content-Type') && / Blob \(.*\)\n}$/.test(Bun.inspect(response))
  if (isText) {
    // On the handler's own as well: it may be a constant, and has forgotten what it is.
    if (isForgottenText(response.clone(), Bun)) headers.set('Content-Type', 'text/plain;charset=utf-8')
    return response.clone()
  }
  const kept = keptBody(response)
  return kept === undefined
    ? asDecoded(new Response(response.body, response), response)
    : new Response(kept, {
        status: response.status,
        headers: new Headers(response.headers),
        // To read it makes such a response a slow one, and the server does not send it.
        get statusText() {
          return response.statusText
        },
      })
}

/**
 * What Deno's `fetch` has decoded still says how it was encoded. Its server knows that of the response itself, and of no
 * copy.
 */
function asDecoded(copy: Response, original: Response): Response {
  const { headers } = copy
  if ('Deno' in globalThis && /^(gzip|br)$/i.test(`${headers.get('Content-Encoding')}`) && original.url !== '') {
    headers.delete('Content-Encoding')
    headers.delete('Content-Length')
  }
  return copy
}

interface BunTools {
  inspect(value: unknown): string
  /** What a promise is settled with, if it is settled, at once. */
  peek(promise: Promise<unknown>): unknown
}

/**
 * Whether this was a text before it was cloned: Bun forgets that of one with a letter beyond ASCII. Nothing tells it from
 * bytes any more, but that those are hardly ever UTF-8.
 */
function isForgottenText(clone: Response, Bun: BunTools): boolean {
  try {
    const body = Bun.peek(clone.arrayBuffer()) as ArrayBuffer
    return new TextDecoder('utf-8', { fatal: true }).decode(body).length < body.byteLength
  } catch {
    return false
  }
}

/**
 * Hono's server on Node has a `Response` of its own, which keeps what it was made of until somebody asks for its body,
 * and sends just that. As a stream, the same text would take several times as long (`benchmarks`, a new session over HTTP).
 */
function keptBody(response: Response): string | null | undefined {
  for (const key of Object.getOwnPropertySymbols(response)) {
    const kept: unknown = key.description === 'cache' && (response as never)[key]
    if (!Array.isArray(kept) || kept[0] !== response.status) continue
    const [, body] = kept
    if (body === null || typeof body === 'string') return body
  }
  return undefined
}

/** Puts the cookies, `Vary` and `Cache-Control` on headers that belong to one response. */
export function addToHeaders(headers: HeaderFields, { cookies, place }: ResponseNeeds): void {
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
  for (const name of [...headers.keys()]) if (CDN_HEADER.test(name)) headers.delete(name)
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

/**
 * For adapters: whether this is a `Response`. It is told by what it has, since another realm has a class of its own.
 */
export function isResponse(value: unknown): value is Response {
  // An error of many an HTTP client has a status and headers as well.
  return isObject(value) && 'headers' in value && 'status' in value && 'bodyUsed' in value
}

/** For adapters: whether what was thrown is an answer and no failure, which is a `Response` below 500. */
export function isAnswer(thrown: unknown): thrown is Response {
  return isResponse(thrown) && thrown.status < 500
}

/**
 * For adapters: whether a thrown value is an answer, as their option `keep` says. What that throws itself is no answer, and
 * hides nothing.
 * @throws TypeError if it is no function
 */
export function keeperOf(keep: unknown = isAnswer): (thrown: unknown) => boolean {
  checkKeep(keep)
  return (thrown) => isKeptBy(keep, thrown)
}

type Keep = (thrown: unknown) => unknown

/** @throws TypeError if it is no function */
export function checkKeep(keep: unknown): asserts keep is Keep {
  if (typeof keep !== 'function') throw invalidOption('keep', 'must be a function of what was thrown')
}

export function isKeptBy(keep: Keep, thrown: unknown): boolean {
  try {
    // A promise is no answer yet, and nobody waits for it.
    return keep(thrown) === true
  } catch {
    return false
  }
}
