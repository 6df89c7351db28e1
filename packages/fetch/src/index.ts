/**
 * Sessions around a plain `(request) => Response` handler, on Workers, Deno, Bun and Node.
 *
 * @module @fetch-sessions/fetch
 */
/** All of core, so that one package is enough to install. */
export * from '@fetch-sessions/core'
export { type FetchHandler, type SessionHandler, withSession } from './with-session.js'
