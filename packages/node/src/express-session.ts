import type { SessionData, SessionHandle, SessionSource } from '@fetch-sessions/core'
import type { NodeRequest } from './node-request.js'
import { holdable, type NodeResponse, respondWithoutDetails } from './node-response.js'
import { checkOptions, checkSessions, invalid } from './options.js'
import type { RegisteredData } from './register.js'
import { type NodeSessionOptions, RequestSessions } from './request-sessions.js'
import { showSession } from './session-property.js'

declare global {
  namespace Express {
    interface Request {
      /** The session of this request. Nothing happens before the first `read` or `write`. */
      readonly session: SessionHandle<RegisteredData>
    }
  }
}

export interface ExpressSessionOptions extends NodeSessionOptions {
  /**
   * Answers if a session could not be stored, and is called like an error handler of Express. The response is as if nobody
   * had answered, with a status of 500.
   *
   * Default: the error handlers of the application, in Express and whatever else is made of the package `router`, as long as
   * it has the request. All others may not hear a second call of `next`: there it is `console.error` and a plain 500.
   */
  onError?(error: unknown, request: NodeRequest, response: NodeResponse, next: Parameters<SessionMiddleware>[2]): void
}

/** A middleware of Express, Connect, and everything else that calls `(request, response, next)`. */
// biome-ignore lint/suspicious/noExplicitAny: with `unknown`, a `next` that takes an `Error` alone would not fit
export type SessionMiddleware = (request: NodeRequest, response: NodeResponse, next: (error?: any) => void) => void

/**
 * Gives each request its session, as `req.session`.
 *
 * `sessions` is a `SessionManager`, its options, or a function that returns either and is called once.
 *
 * The store has answered before the first byte of the response goes out, whatever way that is. A response of 500 or more
 * saves nothing but a `destroy()`. If a session can't be stored, no response goes out, and the error reaches the error
 * handler of an application of Express. Elsewhere it is answered with a plain 500, or by `onError`.
 *
 * @example
 * ```ts
 * const app = express().use(expressSession(sessions))
 *
 * app.get('/', async (req, res) => {
 *   const session = await req.session.write()
 *   res.send(`Visit ${session.update('count', (n = 0) => n + 1)}`)
 * })
 * ```
 */
export function expressSession<Data = SessionData>(
  sessions: SessionSource<Data, []>,
  options: ExpressSessionOptions = {},
): SessionMiddleware {
  const { as, failed } = checkOptions(options, 'onError')
  const { onError } = options
  if (onError !== undefined && typeof onError !== 'function')
    throw invalid('onError', 'must be a function of an error, a request, a response and next')
  const managerOf = checkSessions(sessions)
  return (request, response, next) => {
    if (typeof next !== 'function' || 'decorateRequest' in request) {
      throw invalid(
        'expressSession',
        'needs a request, a response and next. In Fastify: app.register(fastifySession, { sessions })',
      )
    }
    const manager = managerOf()
    const known = RequestSessions.of(request)
    const opened = known ?? new RequestSessions(request, () => response.statusCode)
    if (known === undefined) opened.hold(response)
    showSession(request, as, manager, opened)
    const fail = (error: unknown): void => {
      if (onError) onError(error, request, response, next)
      else handOn(error, request, response)
    }
    opened.add(manager, failed, fail)
    next()
  }
}

/**
 * To the router of Express that the request is in, which hears of errors at any time: Express itself tells it the same way.
 * The `next` of the middleware may be that of somebody in between who listens once, or who has given it to another request
 * by then.
 */
function handOn(error: unknown, request: NodeRequest, response: NodeResponse): void {
  const { next } = request as { readonly next?: unknown }
  if (typeof next === 'function') {
    next(error)
    return
  }
  console.error(error)
  respondWithoutDetails(holdable(response))
}
