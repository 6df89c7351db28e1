/**
 * Sessions as hooks for itty-router.
 *
 * @module @fetch-sessions/itty-router
 */
/** All of core, so that one package is enough to install. */
export * from '@fetch-sessions/core'
export { type SessionHooks, type SessionOptionsForRouter, type SessionRequest, session, sessionOf } from './session.js'
