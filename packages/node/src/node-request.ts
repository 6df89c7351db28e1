import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'

/** A request of `node:http`, of `node:https`, or of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** What Express and Fastify know of a request besides: what they make of a proxy's headers, and the whole path. */
interface FrameworkRequest {
  readonly protocol?: unknown
  readonly hostname?: unknown
  readonly originalUrl?: unknown
}

const requests: WeakMap<NodeRequest, Request> = new WeakMap()

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
  const known = requests.get(raw)
  if (known !== undefined) return known
  const made = toRequest(raw, request as FrameworkRequest)
  requests.set(raw, made)
  return made
}

/** Whether somebody has asked for the Web `Request`, and may have opened a session with it. */
export function hasRequest(raw: NodeRequest): boolean {
  return requests.has(raw)
}

/** Node's own request, which Fastify wraps. */
export function rawOf(request: NodeRequest | { readonly raw: NodeRequest }): NodeRequest {
  return 'raw' in request ? request.raw : request
}

function toRequest(raw: NodeRequest, framework: FrameworkRequest): Request {
  const method = /^(connect|trace|track)$/i.test(raw.method ?? '') ? 'GET' : (raw.method ?? 'GET')
  return new Request(urlOf(raw, framework), { method, headers: headersOf(raw) })
}

function urlOf(raw: NodeRequest, { protocol, hostname, originalUrl }: FrameworkRequest): string {
  const scheme = typeof protocol === 'string' && /^https?$/.test(protocol) ? protocol : schemeOf(raw)
  // An absolute form, as proxies are asked, counts for its path.
  const path = (typeof originalUrl === 'string' ? originalUrl : (raw.url ?? '/')).replace(/^https?:\/\/[^/?#]*/i, '')
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

function schemeOf({ socket }: NodeRequest): string {
  return (socket as { encrypted?: boolean } | null)?.encrypted ? 'https' : 'http'
}

function headersOf(raw: NodeRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw.headers)) {
    if (value === undefined || name.startsWith(':')) continue
    try {
      headers.set(name, Array.isArray(value) ? value.join(', ') : value)
    } catch {
      // What a lenient parser has let through, and no Headers can hold.
    }
  }
  return headers
}
