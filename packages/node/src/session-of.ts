import type { SessionHandle } from '@fetch-sessions/core'
import { type NodeRequest, rawOf } from './node-request.js'
import type { RegisteredData } from './register.js'
import { RequestSessions } from './request-sessions.js'

/**
 * The handle of a request, for code that has the request but not its type. Where `req.session` would be `undefined`, since
 * no middleware ran before, this says so.
 *
 * @throws TypeError if no session middleware ran before
 */
export function sessionOf<Data = RegisteredData>(request: object, as: string = 'session'): SessionHandle<Data> {
  // In NestJS on Fastify, middleware is given the request under that of Fastify.
  const handle: unknown =
    Reflect.get(request, as) ?? ('raw' in request ? Reflect.get(Object(request.raw), as) : undefined)
  if (typeof handle !== 'object' || handle === null || !('exclusive' in handle)) {
    const option = as === 'session' ? '' : `, with as: '${as}'`
    throw new TypeError(
      `fetch-sessions: the request has no session "${as}", since no session middleware ran before: put expressSession, fastifySession or nodeSession in front${option}`,
    )
  }
  return handle as SessionHandle<Data>
}

/**
 * Tells that a request has failed, whatever the status of its response will be: nothing is saved but a `destroy()`. For
 * the `catch` of a handler, and for an error handler of Express, which tells nobody else.
 *
 * @example
 * ```ts
 * app.use((error, req, res, next) => {
 *   failSession(req, error)
 *   next(error)
 * })
 * ```
 *
 * @throws TypeError if no session middleware ran before
 */
export function failSession(request: NodeRequest | { readonly raw: NodeRequest }, error?: unknown): void {
  const sessions = RequestSessions.of(rawOf(request))
  if (sessions === undefined) {
    throw new TypeError('fetch-sessions: failSession was given a request in front of which no session middleware ran')
  }
  sessions.tell(error)
}
