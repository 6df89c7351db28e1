import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { shareHandles } from '@fetch-sessions/core'
import { RequestStandIn } from './request-stand-in.js'

/** A request of `node:http`, of `node:https`, or of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** What Express and Fastify know of a request besides: what they make of a proxy's headers, and the whole path. */
interface FrameworkRequest {
  readonly protocol?: unknown
  readonly hostname?: unknown
  readonly originalUrl?: unknown
}

const requests: WeakMap<NodeRequest, Request> = new WeakMap()
/** With what sessions were opened before somebody asked for the Web `Request`. */
const opened: WeakMap<NodeRequest, Opened> = new WeakMap()

/** What a `Request` is made of, as it was when a session was opened: middleware may change the rest. */
interface Snapshot {
  readonly method: string
  readonly cookie: string | undefined
  url(): string
}

interface Opened extends Snapshot {
  readonly standIn: Request
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
  const known = requests.get(raw)
  if (known !== undefined) return known
  const before = opened.get(raw)
  const { method, cookie, url } = before ?? snapshotOf(raw, request as FrameworkRequest)
  const made = new Request(url(), { method, headers: headersOf({ ...raw.headers, cookie }) })
  if (before !== undefined) shareHandles(before.standIn, made)
  requests.set(raw, made)
  return made
}

/** What a session is opened with: the Web `Request` if it is there, and else what stands in for it. */
export function sourceOf(request: NodeRequest | { readonly raw: NodeRequest }): Request {
  const raw = rawOf(request)
  const known = requests.get(raw) ?? opened.get(raw)?.standIn
  if (known !== undefined) return known
  // No server has read it: somebody made it by hand, and its headers may have names in capitals.
  if (!raw.rawHeaders?.length) return requestOf(request)
  const snapshot = snapshotOf(raw, request as FrameworkRequest)
  const standIn = new RequestStandIn({
    ...snapshot,
    header: (name) => plainValue(name === 'cookie' ? snapshot.cookie : raw.headers[name], name),
    request: () => requestOf(raw),
  }) as unknown as Request
  opened.set(raw, { ...snapshot, standIn })
  return standIn
}

function snapshotOf(raw: NodeRequest, framework: FrameworkRequest): Snapshot {
  const { method = 'GET', headers, url: path = '/' } = raw
  const { originalUrl = path } = framework
  let url: string | undefined
  return {
    method: /^(connect|trace|track)$/i.test(method) ? 'GET' : method,
    cookie: headers.cookie,
    url: () => {
      url ??= urlOf(raw, framework, typeof originalUrl === 'string' ? originalUrl : path)
      return url
    },
  }
}

/** A header's value where `Headers` would say the same. */
function plainValue(value: string | string[] | undefined, name: string): string | null | undefined {
  if (value === undefined) return name.startsWith(':') ? undefined : null
  return typeof value === 'string' && /^[!-~]([ -~]*[!-~])?$/.test(value) && !name.startsWith(':') ? value : undefined
}

/** Whether somebody has asked for the Web `Request`, and may have opened a session with it. */
export function hasRequest(raw: NodeRequest): boolean {
  return requests.has(raw)
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

function schemeOf({ socket }: NodeRequest): string {
  return (socket as { encrypted?: boolean } | null)?.encrypted ? 'https' : 'http'
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
