import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SessionData, SessionHandle, SessionSource } from '@fetch-sessions/core'
import { expressSession } from './express-session.js'
import { holdable, respondWithoutDetails } from './node-response.js'
import { invalid } from './options.js'
import { type NodeSessionOptions, RequestSessions } from './request-sessions.js'

/** A request that has its session. */
export type WithSession<Request, Data, As extends string = 'session'> = Request & {
  readonly [K in As]: SessionHandle<Data>
}

export interface NodeListenerOptions<Request, Response, As extends string = 'session'> extends NodeSessionOptions {
  as?: As
  /**
   * Is told of what the handler threw, and of a session that could not be stored, before a plain 500 is sent. Default:
   * `console.error`.
   */
  onError?: (error: unknown, request: Request, response: Response) => void
}

/**
 * A listener for `http.createServer`, `https.createServer` and `http2.createSecureServer`, whose requests have their
 * session, as `request.session`.
 *
 * The store has answered before the first byte of the response goes out. What the handler throws is answered with a plain
 * 500, saves nothing but a `destroy()`, and is told to `onError`; so is a session that can't be stored.
 *
 * @example
 * ```ts
 * createServer(
 *   nodeSession(sessions, async (request, response) => {
 *     const session = await request.session.write()
 *     response.end(`Visit ${session.update('count', (n = 0) => n + 1)}`)
 *   }),
 * ).listen(3000)
 * ```
 */
export function nodeSession<
  Data = SessionData,
  // The two kinds of Node: those of node:http, if nothing else is said.
  Request extends object = IncomingMessage,
  Response extends object = ServerResponse,
  As extends string = 'session',
>(
  sessions: SessionSource<Data, []>,
  handler: (request: WithSession<Request, Data, As>, response: Response) => unknown,
  options: NodeListenerOptions<Request, Response, As> = {},
): (request: Request, response: Response) => void {
  const { onError = (error: unknown) => console.error(error) } = options
  if (typeof handler !== 'function')
    throw new TypeError('fetch-sessions: nodeSession needs sessions, and then a handler')
  if (typeof onError !== 'function')
    throw invalid('onError', 'must be a function of an error, a request and a response')
  const answerTo = (error: unknown, request: Request, response: Response): void => {
    try {
      onError(error, request, response)
    } catch (failure) {
      console.error(failure)
    }
    respondWithoutDetails(holdable(response as ServerResponse))
  }
  const middleware = expressSession(sessions, {
    ...options,
    onError: (error, request, response) => answerTo(error, request as Request, response as Response),
  })
  return (request, response) => {
    const raw = request as IncomingMessage
    const answer = (error: unknown): void => answerTo(error, request, response)
    const run = async (): Promise<void> => {
      try {
        await handler(request as WithSession<Request, Data, As>, response)
      } catch (error) {
        RequestSessions.of(raw)?.tell(error)
        answer(error)
      }
    }
    try {
      middleware(raw, response as ServerResponse, () => void run())
    } catch (error) {
      answer(error)
    }
  }
}
