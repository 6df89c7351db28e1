import type { Awaitable, SessionRecord, SessionStore } from '../store/store.js'
import type { StoreTraits } from '../warnings.js'

/** One session as it is known from a cookie, or as it is about to be given one. */
export interface Identity {
  /** The store's key. */
  readonly id: string
  /** Where its record is. */
  readonly store: SessionStore
  /** The cookie that came is still good, but was made with an older secret. */
  readonly isStale: boolean
}

/**
 * Why a value stands for nobody. `malformed`: it has not the exact shape of one of ours, which is seen without crypto.
 * `signature`: it was not made with this secret for this cookie name.
 */
export type Rejected = 'malformed' | 'signature'

/** What a store that keeps sessions in their cookies gets from its manager. */
export interface CookieFormatSetting {
  /** The newest first. */
  readonly secrets: readonly Uint8Array<ArrayBuffer>[]
  readonly cookieName: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Makes errors of a store ours. */
  guard(store: SessionStore): SessionStore
}

/** Under which such a store makes its format. By name, since another copy of this package has the same. */
export const FORMAT: unique symbol = Symbol.for('fetch-sessions.cookie-format') as never

/** How a session travels in its cookie: as a token that leads to a store (`signed-token`), or whole (`cookie-store`). */
export interface CookieFormat {
  /** The server-side store, if there is one. */
  readonly store: SessionStore | undefined
  /** What notes which sessions have ended, where they are in their cookies. */
  readonly revocations?: StoreTraits | undefined
  /** Whether other requests find the record in the store. If not, it travels in the cookie. */
  readonly isShared: boolean
  /** How many secrets there are to verify with. */
  readonly secrets: number
  /** Whom a cookie value stands for, by this secret (0 is the newest), or what is wrong with it. */
  verify(value: string, secret: number): Awaitable<Identity | Rejected>
  /** For what travels in its cookie: of several cookies of one session, the newest alone. */
  newest?(identities: readonly Identity[]): readonly Identity[]
  /** A new identity, for a session without a record. */
  create(): Identity
  /**
   * The identity that takes over from one whose cookie still leads there for a while; made of that cookie and `nonce`,
   * so that no token is ever stored. `undefined` if the format has no such thing.
   */
  succeed(identity: Identity, nonce: string, secret: number): Awaitable<Identity> | undefined
  /** The identity under which it is noted that another library's session, of this key, has moved; if that is possible. */
  claim?(key: string): Promise<Identity>
  /**
   * For what travels in its cookie: the session goes on under the id of its successor. `false` if it has ended meanwhile.
   */
  supersede?(identity: Identity, successor: string): Awaitable<boolean>
  /** For what travels in its cookie: when a session gets its owner that gets it now. `undefined` if nobody asks. */
  ownerTime?(owner: string): number | undefined
  /** For what travels in its cookie. @throws SessionTooLargeError if the cookie has no room for this record */
  checkFit?(identity: Identity, record: SessionRecord): void
  /** Begins what the cookie value of a session will need that is being stored, so that nobody waits for it afterwards. */
  prepare?(identity: Identity): void
  /** The cookie value to send for a session that is stored. */
  cookieValue(identity: Identity): Awaitable<string>
}
