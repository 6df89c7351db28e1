import type { Identity } from '../cookie/cookie-format.js'
import { SessionCommittedError, SessionDestroyedError } from '../errors.js'
import type { Draft } from './draft.js'
import type { StoredSession } from './stored-session.js'

/** One session during one request: what is known of it, and what the request makes of it. */
export class SessionState {
  /** Under which id it is stored, or is going to be. */
  identity: Identity
  /** What the store holds, as far as this request knows: version 0 for a session that is not stored. */
  stored: StoredSession
  readonly draft: Draft
  /** The response is committed: no cookie can be sent any more. */
  readonly isLate: boolean
  /** Somebody has asked for the id, so no other session may have it. */
  isIdKnown = false
  /** A new id is due. */
  regenerates = false
  /** `destroy()` was called. */
  isDestroyed = false
  /** It was in the store and is no more: destroyed by this request, or by another in between. */
  isGone = false
  /** This request has written to the store. */
  isSaved = false
  /** The response has to carry the cookie. */
  isCookieDue = false
  /** A change from here on would be lost. */
  isClosed: boolean

  /** `isLate`: a session that lives in its cookie can't be changed then. */
  constructor(identity: Identity, stored: StoredSession, draft: Draft, isLate: boolean) {
    this.identity = identity
    this.stored = stored
    this.draft = draft
    this.isLate = isLate
    this.isClosed = isLate && !identity.isShared
  }

  get isNew(): boolean {
    return this.stored.record.version === 0
  }

  /** The draft, to be changed. @throws SessionDestroyedError or SessionCommittedError if a change would be lost */
  get writable(): Draft {
    if (this.isDestroyed || this.isGone) throw new SessionDestroyedError()
    if (this.isLate && this.isNew) throw new SessionCommittedError('a new session needs a cookie, which is too late')
    if (this.isClosed) throw new SessionCommittedError()
    return this.draft
  }

  /** The session is no more, in the store as for this request. */
  end(): void {
    this.isGone = true
    this.draft.clear()
  }
}
