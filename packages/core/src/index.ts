/**
 * Cookie sessions for everything that speaks the Web Fetch API: the manager, the session, and the store protocol.
 *
 * @module @fetch-sessions/core
 */
export type { PersistencePolicy } from './commit/commit-context.js'
export type {
  CookieOptions,
  CookieTraits,
  RetiredCookie,
  SessionCookie,
  SessionCookieOptions,
} from './cookie/cookie-attributes.js'
export { CookieStore, type CookieStoreOptions } from './cookie/cookie-store.js'
export type { Secret } from './cookie/secrets.js'
export type { TokenSigner, TokenSignerFactory } from './cookie/signer.js'
export {
  isSessionError,
  SessionCommittedError,
  SessionConflictError,
  SessionDataError,
  SessionDestroyedError,
  SessionError,
  type SessionErrorCode,
  SessionLockedError,
  SessionStoreError,
  SessionTooLargeError,
} from './errors.js'
export type { RejectionReason, SessionEvent, SessionListener, SessionWarning } from './events.js'
export type { HandleOptions } from './handle-options.js'
export type { IssuedSession } from './issued-session.js'
export { SessionManager } from './manager.js'
export { movesIn } from './moves-in.js'
export type { SessionOptions } from './options.js'
export {
  checkPropertyName,
  completeHeaders,
  followNewId,
  isDueUnused,
  isHandle,
  rejectUnknown,
  shareHandles,
  signOutAtOnce,
  tellFailure,
  trimBlanks,
} from './request/adapter-api.js'
export { copyResponse, discard } from './request/copy-response.js'
export type { CookieSource } from './request/request-cookies.js'
export type { ToSave } from './request/request-session.js'
export { forgetBody, type HeaderFields, varyByCookie } from './request/response.js'
export type { ExclusiveOptions, SessionHandle } from './request/session-handle-type.js'
export { isAnswer, isResponse, keeperOf } from './request/thrown.js'
export type { SessionCodec } from './session/json-codec.js'
export type { Arrival, MovesIn, OldSession, OldSessions, RejectedCookie } from './session/old-sessions.js'
export type { Migration } from './session/serializer.js'
export type { ReadableSession, RegenerateOptions, SessionLifetime, WritableSession } from './session/session.js'
export type { SessionInfo } from './session/session-info.js'
export { managerOf, type SessionSource } from './session-source.js'
export { type CachedStoreOptions, cachedStore } from './store/cached-store.js'
export { MemoryStore, type MemoryStoreOptions } from './store/memory-store.js'
export { oncePerProcess } from './store/once-per-process.js'
export type {
  Awaitable,
  SessionRecord,
  SessionStore,
  StoredInfo,
  StoredPage,
  StoreLimits,
} from './store/store.js'
export { type SweeperOptions, type SweepOptions, startSweeper, sweepExpired } from './store/sweeper.js'
export type { DeepReadonly, IsJson, SessionData } from './types.js'
