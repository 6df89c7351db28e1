import type { NodeRequest, OpenedRequest } from './node-request.js'
import type { RequestSessions } from './request-sessions.js'

/** Of this copy of the package. */
const STATE: unique symbol = Symbol('fetch-sessions.request')

/** Of a request that takes no property, or has that of another one: a copy, a proxy, what inherits from it. */
const elsewhere: WeakMap<NodeRequest, RequestState> = new WeakMap()

/**
 * What is known of one request of Node. It is a property of the request: in a `WeakMap`, each took a quarter of the time of
 * a read in Fastify, all of it in the garbage collector (`benchmarks`).
 */
export class RequestState {
  readonly of: NodeRequest
  /** The Web `Request`, once somebody has asked for it. */
  request: Request | undefined = undefined
  /** As it was when a session was opened before that. */
  opened: OpenedRequest | undefined = undefined
  sessions: RequestSessions | undefined = undefined

  constructor(raw: NodeRequest) {
    this.of = raw
  }
}

/** What is known of a request, and of no other. */
export function stateOf(raw: NodeRequest): RequestState | undefined {
  const nearest = nearestState(raw)
  return nearest?.of === raw ? nearest : elsewhere.get(raw)
}

/** The same, and from now on there is something. */
export function stateFor(raw: NodeRequest): RequestState {
  const known = stateOf(raw)
  if (known !== undefined) return known
  const state = new RequestState(raw)
  // Neither shown in a log nor copied.
  const isKept = nearestState(raw) === undefined && Reflect.defineProperty(raw, STATE, { value: state })
  if (!isKept) elsewhere.set(raw, state)
  return state
}

/** What is known of this request, or of the one that it inherits from or stands before. */
export function nearestState(request: NodeRequest): RequestState | undefined {
  return (request as { [STATE]?: RequestState })[STATE]
}
