import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'

/** A request of `node:http`, of `node:https`, or of `node:http2`. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** What a `Request` is made of, as it was when a session was opened: middleware may change the rest. */
export interface OpenedRequest {
  readonly method: string
  readonly cookie: string | undefined
  /** With what sessions were opened before somebody asked for the Web `Request`. */
  readonly standIn: Request | undefined
  url(): string
}

/** Of this copy of the package. */
const STATE: unique symbol = Symbol('fetch-sessions.request')

/** Of a request that takes no property, or has that of another one: a copy, a proxy, what inherits from it. */
const elsewhere: WeakMap<NodeRequest, RequestState> = new WeakMap()

/**
 * What is known of one request of Node. It is a property of the request, since the garbage collector has more to
 * do with entries of a `WeakMap`, and of a class (`benchmarks/README.md`, "What lives too long").
 */
export class RequestState {
  readonly of: NodeRequest
  /** The Web `Request`, once somebody has asked for it. */
  request: Request | undefined = undefined
  /** As it was when a session was opened before that. */
  opened: OpenedRequest | undefined = undefined
  /** Its `RequestSessions`, which knows this. */
  sessions: object | undefined = undefined

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
  const isKept =
    nearestState(raw) === undefined && Reflect.defineProperty(raw, STATE, { value: state, configurable: true })
  if (!isKept) elsewhere.set(raw, state)
  return state
}

/** What is known of this request, or of the one that it inherits from or stands before. */
export function nearestState(request: NodeRequest): RequestState | undefined {
  return (request as { [STATE]?: RequestState })[STATE]
}
