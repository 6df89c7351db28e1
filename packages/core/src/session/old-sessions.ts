import type { RetiredCookie } from '../cookie/cookie-attributes.js'
import type { Identity } from '../cookie/cookie-format.js'
import type { RejectionReason } from '../events.js'
import type { Awaitable } from '../store/store.js'
import type { Lifetime } from './lifetime.js'
import type { Successor } from './record-meta.js'
import type { StoredSession } from './stored-session.js'

/**
 * Where a visitor comes from who has no cookie of ours: the sessions of another library that served this application
 * before. It is asked when the session is first read or written, and not for a request that brings one of our cookies,
 * unless that has to end the old session that ours has come from.
 */
export interface OldSessions {
  /** The old cookies that a `Cookie` header brings, by where they are set, so that they can be removed there. */
  cookies(header: string): readonly RetiredCookie[]
  /**
   * The old sessions that a `Cookie` header leads to, as far as can be told without asking where they are kept.
   * `isSignOut`: to be ended, and not to be brought in.
   */
  find(header: string, isSignOut?: boolean): Awaitable<readonly (OldSession | RejectedCookie)[]>
  /**
   * Seconds for which the old cookie still leads to the session that took over. Where that can't be noted, or others may
   * not see the note, the old session is left for so long, and each of several requests brings it in.
   */
  readonly grace: number
  /** Whether the old application goes on beside: the old cookie and its session stay until a sign-out. */
  readonly isKept: boolean
}

/**
 * Old sessions as `SessionManager.startFrom` takes them, with what brings them in and ends them. `movesIn` makes it, and
 * nobody else has to call its methods.
 */
export interface MovesIn extends Pick<OldSessions, 'cookies'> {
  load(...args: never): unknown
  ofRequest(...args: never): unknown
}

/** An old cookie that leads nowhere. */
export interface RejectedCookie {
  /** The old library's name. */
  readonly from: string
  readonly reason: RejectionReason
}

/** A session of another library, by a cookie that verified. */
export interface OldSession {
  /** The old library's name. */
  readonly from: string
  /**
   * Tells it from all others: an id, or what of the cookie is no other one's. It is hashed before it gets to a store.
   * `undefined` where the cookie holds data alone. Visitors with the same data then have the same cookie, so nothing is
   * noted of it, and each request that brings it begins a session of its own.
   */
  readonly key: string | undefined
  /**
   * When its cookie dies by itself, in milliseconds since the epoch. Until then, a note says that it has moved, if there
   * is a `key`.
   */
  readonly expiresAt: number
  /**
   * What it brings; `undefined` if it is over, or brings nothing.
   * @throws SessionDataError if what it holds can't be brought in; whatever else is thrown is an outage
   */
  load(): Awaitable<Arrival | undefined>
  /** Ends it where it is kept. One that is not there is no error. */
  end(): Awaitable<unknown>
}

/** What a session of another library brings. */
export interface Arrival {
  readonly data: Readonly<Record<string, unknown>>
  readonly owner?: string | undefined
  readonly label?: string | undefined
  readonly lifetime?: { readonly [K in keyof Lifetime]?: Lifetime[K] | undefined } | undefined
}

/** How a session that was brought in is stored: once, however many requests bring it. */
export interface Move {
  readonly old: OldSession
  /** Under whose id it is noted that the old session has moved. `undefined`: nothing can be noted. */
  readonly claim: Identity | undefined
  /** The token of the new session is made of the claim's and this. `undefined`: the old cookie must not lead there. */
  readonly nonce: string | undefined
  readonly grace: number
  readonly isKept: boolean
  /** Stores what the old session has become, by this move as it is now: a sign-in may have taken the nonce from it. */
  store(identity: Identity, session: StoredSession): Promise<MoveOutcome>
}

/** `superseded`: another request has brought the old session in at the same moment, or signed it out. */
export type MoveOutcome =
  | { readonly is: 'stored'; readonly session: StoredSession }
  | { readonly is: 'superseded'; readonly successor: Successor; readonly via: Identity }
