import type { SessionData, SessionHandle, SessionSource } from '@fetch-sessions/core'
import type { NodeRequest } from './node-request.js'
import type { NodeResponse } from './node-response.js'
import { checkOptions, checkSessions } from './options.js'
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

/** A middleware of Express, Connect, and everything else that calls `(request, response, next)`. */
export type SessionMiddleware = (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void) => void

/**
 * Gives each request its session, as `req.session`.
 *
 * `sessions` is a `SessionManager`, its options, or a function that returns either and is called once.
 *
 * The store has answered before the first byte of the response goes out, whatever way that is. A response of 500 or more
 * saves nothing but a `destroy()`. If a session can't be stored, no response goes out, and the error reaches the
 * application's error handler.
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
  options: NodeSessionOptions = {},
): SessionMiddleware {
  const { as, failed } = checkOptions(options)
  const managerOf = checkSessions(sessions)
  return (request, response, next) => {
    const manager = managerOf()
    const known = RequestSessions.of(request)
    const opened = known ?? new RequestSessions(request, () => response.statusCode)
    if (known === undefined) {
      if (response.headersSent) opened.giveUp()
      else opened.hold(response)
    }
    showSession(request, as, manager, opened)
    opened.add(manager, failed, next)
    next()
  }
}
