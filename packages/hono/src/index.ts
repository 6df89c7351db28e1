/**
 * Sessions as a middleware for Hono.
 *
 * @module @fetch-sessions/hono
 */
/** All of core, so that one package is enough to install. */
export * from '@fetch-sessions/core'
export { type SessionEnv, type SessionMiddlewareOptions, session, sessionOf } from './session.js'
