import type { Identity } from '../cookie/cookie-format.js'
import { SessionCommittedError, SessionDestroyedError } from '../errors.js'
import type { Awaitable, SessionRecord } from '../store/store.js'
import type { Draft } from './draft.js'
import type { Move } from './old-sessions.js'
import type { Lock } from './record-meta.js'
import type { StoredSession } from './stored-session.js'

/**
 * What became of a session, one thing at a time.
 *
 * `live`: it is stored, or will be when there is something in it. `destroyed`: this request has ended it. `gone`: it
 * was stored and is no more; another request has ended it. `superseded`: another request has given it a new id, and
 * this one still came with the old one. `degraded`: the store failed, and nobody knows.
 */
export type SessionStatus = 'live' | 'destroyed' | 'gone' | 'superseded' | 'degraded'

/**
 * How far the request is. `open`: what changes is stored with the response. `late`: the response is gone, and with it
 * the chance to send a cookie. `closed`: a change from here on would be lost.
 */
export type SessionPhase = 'open' | 'late' | 'closed'

/** A new id that is due. */
export interface Regeneration {
  /** `undefined`: made when it is stored, of the old cookie. */
  readonly identity: Identity | undefined
  /** Seconds for which the old cookie still leads to the session. 0: none at all. */
  readonly grace: number
  /** Whether the absolute limit counts anew. */
  readonly isRestart: boolean
}

/** A session that another request is about to end. */
export interface EndingSession {
  readonly identity: Identity
  /** What is left of it. */
  readonly record: SessionRecord
}

/** One session during one request: what is known of it, and what the request makes of it. */
export class SessionState {
  /** Under which id it is stored, or is going to be. */
  identity: Identity
  /** What the store holds, as far as this request knows. */
  stored: StoredSession
  readonly draft: Draft
  status: SessionStatus
  phase: SessionPhase
  regeneration: Regeneration | undefined
  /** It holds what another library's session has brought, and nobody has stored it yet. */
  move: Move | undefined
  /** What it holds while an `exclusive` is at work. */
  lock: Lock | undefined
  /** In its place there was one that another request is about to end. If that fails, it opens again. */
  ending: EndingSession | undefined
  /** Is told when the request has ended the session. */
  onDestroy: (() => Promise<void>) | undefined
  /** Whether what is done to it counts as a use of it, by which it lives longer. */
  isUse = true
  /** This request has written to the store. */
  isSaved = false
  /**
   * `due`: the response has to carry the cookie, or, if the session was destroyed, its removal. `refresh`: it should,
   * but the cookie that came is still good.
   */
  cookie: 'due' | 'refresh' | undefined

  constructor(identity: Identity, stored: StoredSession, draft: Draft, status: SessionStatus, phase: SessionPhase) {
    this.identity = identity
    this.stored = stored
    this.draft = draft
    this.status = status
    this.phase = phase
  }

  /** Not in the store, as far as this request knows. */
  get isNew(): boolean {
    return this.stored.record.version === 0
  }

  get id(): string {
    return (this.regeneration?.identity ?? this.identity).id
  }

  /** The draft, to be changed. @throws SessionDestroyedError or SessionCommittedError if a change would be lost */
  get writable(): Draft {
    // One that was superseded before this request came is empty, and changes to it are dropped.
    if (this.status === 'destroyed' || this.status === 'gone') throw new SessionDestroyedError()
    if (this.phase === 'late' && this.isNew) {
      throw new SessionCommittedError('a new session needs a cookie, which is too late')
    }
    if (this.phase === 'closed') throw new SessionCommittedError()
    return this.draft
  }

  /** Returns a function that brings back the state as it is now. */
  keep(): () => void {
    const { identity, status, regeneration, move, cookie } = this
    const restoreDraft = this.draft.keep()
    return () => {
      Object.assign(this, { identity, status, regeneration, move, cookie })
      restoreDraft()
    }
  }

  /**
   * Does something by which the state is changed. Returns a function that takes back these changes alone, whatever else
   * was changed or stored since.
   */
  apart(change: () => void): () => Awaitable<void> {
    const { identity, status, regeneration, move } = this
    const takeBack = this.draft.apart(change)
    const { identity: newIdentity, regeneration: newRegeneration } = this
    return () => {
      if (this.regeneration === newRegeneration) this.regeneration = regeneration
      if (this.isNew && this.identity === newIdentity) Object.assign(this, { identity, status, move })
      return takeBack()
    }
  }

  /** The session is no more, in the store as for this request. */
  end(status: 'destroyed' | 'gone'): void {
    this.status = status
    this.regeneration = undefined
    this.cookie = undefined
    this.draft.clear()
  }
}
