import { invalidOption } from '../option-error.js'

/** Where an application is that has no address. */
export const HOME = 'https://app.example'

export type Send = (request: Request) => Promise<Response>

/** What answers: a fetch handler, an object that has one, or the address of a server. */
export type VisitorTarget<Rest extends readonly unknown[]> =
  | string
  | URL
  | ((request: Request, ...rest: Rest) => Response | Promise<Response>)
  | { fetch(request: Request, ...rest: Rest): Response | Promise<Response> }

export interface VisitorOptions<Rest extends readonly unknown[] = readonly unknown[]> {
  /** Where paths begin. Default `https://app.example`, or the server's address. */
  origin?: string
  /** What the handler is given behind the request, such as `[env, ctx]` on Workers. */
  args?: Rest
  /** Sent with each request that does not say otherwise, such as `{ 'user-agent': '…' }`. */
  headers?: Record<string, string>
  /** `follow`: redirects within the origin are followed. Default `manual`: they are what a visit comes to. */
  redirect?: 'follow' | 'manual'
  /** Milliseconds since the epoch; cookies expire by it. Default Date.now. */
  now?: () => number
}

/** The options, which can be left out where the handler needs no more than a request. */
export type VisitorArguments<Rest extends readonly unknown[]> = [] extends Rest
  ? [options?: VisitorOptions<Rest>]
  : [options: VisitorOptions<Rest> & { args: Rest }]

/** @throws TypeError if this answers nothing */
export function senderOf<Rest extends readonly unknown[]>(target: VisitorTarget<Rest>, args: Rest | undefined): Send {
  if (isAddress(target)) return (request) => fetch(request, { redirect: 'manual' })
  if (typeof target === 'function' && 'listen' in target)
    throw invalidOption('new Visitor', 'was given an application of Node: let it listen, and give its address')
  const rest = args ?? ([] as readonly unknown[] as Rest)
  if (typeof target === 'function') return async (request) => target(request, ...rest)
  if (typeof target?.fetch === 'function') return async (request) => target.fetch(request, ...rest)
  throw invalidOption('new Visitor', 'needs a fetch handler such as app.fetch, an object that has one, or an address')
}

/** What the environment of a test gives for a `URL` may be of another class than the one it was made of. */
export function isAddress(target: unknown): target is string | URL {
  return typeof target === 'string' || (typeof target === 'object' && typeof (target as URL | null)?.href === 'string')
}

/** @throws TypeError if this is no address */
export function originOf(address: string | URL): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw invalidOption('origin', 'must be an address such as "https://app.example"')
  return url
}
