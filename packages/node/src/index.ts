/**
 * Sessions for Express, Fastify and `node:http`.
 *
 * @module @fetch-sessions/node
 */
/** All of core, so that one package is enough to install. */
export * from '@fetch-sessions/core'
export { type ExpressSessionOptions, expressSession, type SessionMiddleware } from './express-session.js'
export {
  type AnySessionManager,
  type FastifyInstanceLike,
  type FastifySessionOptions,
  fastifySession,
} from './fastify-session.js'
export { type NodeRequest, requestOf } from './node-request.js'
export type { NodeResponse } from './node-response.js'
export { type NodeListenerOptions, nodeSession, type WithSession } from './node-session.js'
export * from './register.js'
export type { NodeSessionOptions } from './request-sessions.js'
export { failSession, sessionOf } from './session-of.js'
