import type { Awaitable, SessionStore } from '../store/store.js'

/** One session as it is known from a cookie, or as it is about to be given one. */
export interface Identity {
  /** The store's key. */
  readonly id: string
  /** Where its record is. */
  readonly store: SessionStore
  /** Whether other requests find the record there. If not, it travels in the cookie. */
  readonly isShared: boolean
  /** The cookie that came is still good, but was made with an older secret. */
  readonly stale: boolean
}

/**
 * Why a value stands for nobody. `malformed`: it has not the exact shape of one of ours, which is seen without crypto.
 * `signature`: it was not made with one of the secrets for this cookie name.
 */
export type Rejected = 'malformed' | 'signature'

/** How a session travels in its cookie: as a signed token that leads to a store, or whole. */
export interface Carrier {
  /** The server-side store, if there is one. */
  readonly store: SessionStore | undefined
  /** Whom a cookie value stands for, or what is wrong with it. */
  verify(value: string): Awaitable<Identity | Rejected>
  /** A new identity, for a session without a record. */
  issue(): Awaitable<Identity>
  /** Takes one back that nobody has seen, and of which nobody will ever hear. */
  takeBack?(identity: Identity): void
  /** The cookie value to send for a session that is stored. */
  cookieValue(identity: Identity): Awaitable<string>
}

/** A store that brings its own way to travel in the cookie. */
export interface CarrierStore {
  carrier(secrets: readonly Uint8Array<ArrayBuffer>[], cookieName: string): Carrier
}
