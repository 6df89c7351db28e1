import type { Sealed } from '../session/draft.js'
import type { Successor } from '../session/record-meta.js'
import type { StoredSession } from '../session/stored-session.js'

/** One request's changes on their way into a record that others may write to at the same time. */
export interface PendingWrite {
  readonly sealed: Sealed
  /** What the changes were made to. */
  readonly base: StoredSession
  /** The fingerprint of the cookie that goes out with it; `undefined`: none goes out. */
  readonly cookie: string | undefined
}

/** What became of one request's changes. */
export type WriteOutcome =
  /** `wasDue`: the cookie was, since an earlier write could send none. */
  | { readonly is: 'stored'; readonly session: StoredSession; readonly wasDue: true | undefined }
  /** Nothing had to be stored: another request has done it. */
  | { readonly is: 'newer'; readonly session: StoredSession }
  /** The record is no more, so they were dropped. */
  | { readonly is: 'gone' }
  /** The session has a new id by now. */
  | { readonly is: 'superseded'; readonly successor: Successor }
  /** The store failed, or they do not apply to what others have stored. */
  | { readonly is: 'failed'; readonly error: unknown }

/** What became of several requests' changes, in their order, and what the store holds now, for the next to build on. */
export interface Written {
  readonly outcomes: readonly WriteOutcome[]
  readonly newest: StoredSession | undefined
}
