import { shareHandles } from '@fetch-sessions/core'
import { type KnownParts, standInOf } from './request-stand-in.js'
import { type NodeRequest, type OpenedRequest, stateFor, stateOf } from './request-state.js'

export type { NodeRequest } from './request-state.js'

/** What Express and Fastify know of a request besides: what they make of a proxy's headers, and the whole path. */
interface FrameworkRequest {
  readonly protocol?: unknown
  readonly hostname?: unknown
  readonly originalUrl?: unknown
}

/**
 * The Web `Request` of a request of Node, Express or Fastify, for what speaks that: its method, URL and headers. It has
 * no body, which is the framework's to read. It is the same one each time, and so is the session that a manager opens with
 * it. The host and the protocol are those that the framework makes of a proxy's headers (`trust proxy`, `trustProxy`).
 *
 * @example
 * ```ts
 * const handle = sessions.open(requestOf(req)) // the one of req.session
 * ```
 */
export function requestOf(request: NodeRequest | { readonly raw: NodeRequest }): Request {
  const raw = rawOf(request)
  const state = stateFor(raw)
  if (state.request !== undefined) return state.request
  const opened = state.opened ?? new RequestParts(raw, request as FrameworkRequest)
  const { method, cookie, standIn } = opened
  const made = new Request(opened.url(), { method, headers: headersOf({ ...raw.headers, cookie }) })
  if (standIn !== undefined) shareHandles(standIn, made)
  state.request = made
  return made
}

/** What a session is opened with: the Web `Request` if it is there, and else what stands in for it. */
export function sourceOf(request: NodeRequest | { readonly raw: NodeRequest }): Request {
  const raw = rawOf(request)
  const state = stateFor(raw)
  const known = state.request ?? state.opened?.standIn
  if (known !== undefined) return known
  // No server has read it: somebody made it by hand, and its headers may have names in capitals.
  if (!raw.rawHeaders?.length) return requestOf(request)
  const opened = new RequestParts(raw, request as FrameworkRequest)
  const standIn = standInOf(opened)
  opened.standIn = standIn
  state.opened = opened
  return standIn
}

class RequestParts implements OpenedRequest, KnownParts {
  readonly method: string
  readonly cookie: string | undefined
  standIn: Request | undefined = undefined
  readonly #raw: NodeRequest
  readonly #framework: FrameworkRequest
  readonly #path: string
  #url: string | undefined

  constructor(raw: NodeRequest, framework: FrameworkRequest) {
    const { method = 'GET', headers, url: path = '/' } = raw
    const { originalUrl } = framework
    this.method = /^(connect|trace|track)$/i.test(method) ? 'GET' : method
    this.cookie = headers.cookie
    this.#raw = raw
    this.#framework = framework
    this.#path = typeof originalUrl === 'string' ? originalUrl : path
  }

  url(): string {
    this.#url ??= urlOf(this.#raw, this.#framework, this.#path)
    return this.#url
  }

  header(name: string): string | null | undefined {
    return plainValue(name === 'cookie' ? this.cookie : this.#raw.headers[name], name)
  }

  request(): Request {
    return requestOf(this.#raw)
  }
}

/** A header's value where `Headers` would say the same. */
function plainValue(value: string | string[] | undefined, name: string): string | null | undefined {
  if (value === undefined) return name.startsWith(':') ? undefined : null
  return typeof value === 'string' && /^[!-~]([ -~]*[!-~])?$/.test(value) && !name.startsWith(':') ? value : undefined
}

/** Whether somebody has asked for the Web `Request`, and may have opened a session with it. */
export function hasRequest(raw: NodeRequest): boolean {
  return stateOf(raw)?.request !== undefined
}

/** Node's own request, which Fastify wraps. */
export function rawOf(request: NodeRequest | { readonly raw: NodeRequest }): NodeRequest {
  return 'raw' in request ? request.raw : request
}

function urlOf(raw: NodeRequest, { protocol, hostname }: FrameworkRequest, original: string): string {
  const scheme = typeof protocol === 'string' && /^https?$/.test(protocol) ? protocol : schemeOf(raw)
  // An absolute form, as proxies are asked, counts for its path.
  const path = original.replace(/^https?:\/\/[^/?#]*/i, '')
  const host = hostOf(raw, typeof hostname === 'string' ? hostname : undefined)
  for (const name of HOST.test(host) ? [host, 'localhost'] : ['localhost']) {
    // Not by a base, from which a path that begins with two slashes would lead away.
    const url = `${scheme}://${name}${path.startsWith('/') ? '' : '/'}${path}`
    if (URL.canParse(url)) return url
  }
  return `${scheme}://localhost/`
}

/** A name or an address, maybe with a port. Anything else could end the host early and change the path behind it. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i

/** With its port, which a framework's `hostname` has not; a proxy's word for it is told by the framework alone. */
function hostOf(raw: NodeRequest, hostname: string | undefined): string {
  const { ':authority': authority, host = authority } = raw.headers as Record<string, string | undefined>
  if (hostname === undefined || hostname === '' || host?.replace(/:\d+$/, '') === hostname) return host ?? 'localhost'
  return hostname
}

function schemeOf(raw: NodeRequest): string {
  // A stream of HTTP/2 that is closed has no connection any more, and its client's word is all there is.
  if ('stream' in raw && raw.stream.session === undefined) return raw.scheme === 'https' ? 'https' : 'http'
  return (raw.socket as { encrypted?: boolean } | null)?.encrypted ? 'https' : 'http'
}

function headersOf(fields: NodeRequest['headers']): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || name.startsWith(':')) continue
    try {
      headers.set(name, Array.isArray(value) ? value.join(', ') : value)
    } catch {
      // What a lenient parser has let through, and no Headers can hold.
    }
  }
  return headers
}
