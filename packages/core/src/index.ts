export { type CachedStoreOptions, cachedStore } from './cached-store.js'
export type { SessionCodec } from './codec.js'
export type { PersistencePolicy } from './context.js'
export type { CookieOptions } from './cookie-attributes.js'
export { CookieStore, type CookieStoreOptions } from './cookie-store.js'
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
export type { SessionHandle } from './handle.js'
export { SessionManager } from './manager.js'
export { MemoryStore, type MemoryStoreOptions } from './memory-store.js'
export type { SessionOptions } from './options.js'
export type { Secret } from './secrets.js'
export type { ReadableSession, WritableSession } from './session.js'
export { managerOf, type SessionSource } from './session-source.js'
export type { Signed, TokenSigner, TokenSignerFactory, Verified } from './signer.js'
export type { Awaitable, SessionInfo, SessionRecord, SessionStore } from './store.js'
export { type SweeperOptions, startSweeper, sweepExpired } from './sweeper.js'
export type { DeepReadonly, IsJson, SessionData } from './types.js'
