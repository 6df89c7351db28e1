import type { SessionData, SessionManager } from '@fetch-sessions/core'

/**
 * Tells the types of `req.session` and `request.session` what your sessions hold.
 *
 * @example
 * ```ts
 * declare module '@fetch-sessions/node' {
 *   interface Register {
 *     sessions: typeof sessions
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: the application puts something in
export interface Register {}

/** What the sessions of the application hold, as far as `Register` tells. */
export type RegisteredData = Register extends { sessions: SessionManager<infer Data> } ? Data : SessionData
