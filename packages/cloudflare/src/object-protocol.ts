import type { SessionRecord } from '@fetch-sessions/core'

/** Whose index holds a session, and for how long it surely will, in milliseconds from now. */
export interface IndexedOwner {
  readonly owner: string
  readonly lifetime: number
}

/** What an object says. It names the session that it is about, so that no answer is taken for another session's. */
export interface SessionReply {
  readonly id: string
}

export interface LoadReply extends SessionReply {
  readonly record?: SessionRecord
}

/** To a creation, an update or a touch. */
export interface WriteReply extends SessionReply {
  readonly written: boolean
  /** Nothing was written yet: the index of this owner has to hold the session first. */
  readonly unindexed?: { readonly owner: string; readonly version: number }
  /** Who no longer has the session. */
  readonly formerOwner?: string
}

export interface RemoveReply extends SessionReply {
  readonly removed: boolean
  /** Whose it was. */
  readonly owner?: string
}

/** All sessions that an owner may have. */
export interface IndexReply {
  readonly owner: string
  readonly ids: string[]
}

/**
 * What the store calls. An object is a session or the index of an owner, never both. Lifetimes are milliseconds from
 * now, so that no clock is compared with another.
 */
export interface SessionObjectStub {
  load(id: string): Promise<LoadReply>
  create(id: string, record: SessionRecord, lifetime: number, indexed: IndexedOwner | undefined): Promise<WriteReply>
  update(id: string, record: SessionRecord, lifetime: number, indexed: IndexedOwner | undefined): Promise<WriteReply>
  touch(
    id: string,
    expiresAt: number,
    version: number,
    lifetime: number,
    indexed: IndexedOwner | undefined,
  ): Promise<WriteReply>
  remove(id: string, onlyIfOwner: string | undefined): Promise<RemoveReply>

  addToIndex(id: string, version: number, lifetime: number): Promise<void>
  removeFromIndex(ids: string[], beforeVersion: number): Promise<void>
  settleIndex(removed: string[], missing: string[]): Promise<void>
  listIndex(owner: string): Promise<IndexReply>
}

/** What the store uses of a `DurableObjectNamespace<SessionObject>`, which fits as it is. */
export interface SessionObjectNamespace {
  getByName(name: string): SessionObjectStub
}
