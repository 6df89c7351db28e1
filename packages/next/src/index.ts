/**
 * Sessions in Next: route handlers, server actions, server components and the proxy.
 *
 * @module @fetch-sessions/next
 */
/** All of core, so that one package is enough to install. */
export * from '@fetch-sessions/core'
export { type NextSessions, nextSessions } from './next-sessions.js'
export type { Action, NextProxyHandler, RouteHandler, RouteOptions } from './wrappers.js'
