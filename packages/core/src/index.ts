export type { PersistencePolicy } from './context.js'
export type { CookieOptions } from './cookie/cookie-attributes.js'
export { CookieStore, type CookieStoreOptions } from './cookie/cookie-store.js'
export type { Secret } from './cookie/secrets.js'
export type { Signed, TokenSigner, TokenSignerFactory, Verified } from './cookie/signer.js'
export {
  SessionCommittedError,
  SessionConflictError,
  SessionDataError,
  SessionDestroyedError,
  SessionError,
  type SessionErrorCode,
  SessionStoreError,
  SessionTooLargeError,
} from './errors.js'
export type { RejectionReason, SessionEvent, SessionListener } from './events.js'
export { SessionManager } from './manager.js'
export type { SessionOptions } from './options.js'
export type { SessionHandle } from './request/handle.js'
export type { SessionCodec } from './session/codec.js'
export type { ReadableSession, WritableSession } from './session/session.js'
export { managerOf, type SessionSource } from './session-source.js'
export { type CachedStoreOptions, cachedStore } from './store/cached-store.js'
export { MemoryStore, type MemoryStoreOptions } from './store/memory-store.js'
export type {
  Awaitable,
  SessionRecord,
  SessionStore,
  StoredInfo,
  StoredPage,
  StoreLimits,
} from './store/store.js'
export { type SweeperOptions, startSweeper, sweepExpired } from './store/sweeper.js'
export type { DeepReadonly, IsJson, SessionData } from './types.js'
