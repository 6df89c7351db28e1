import type { SessionRecord } from '@fetch-sessions/core'

/** Whose index holds a session, and for how long it surely will, in milliseconds from now. */
export interface IndexedOwner {
  readonly owner: string
  readonly lifetime: number
}

/** What an object says to an update or a touch. */
export interface WriteReply {
  readonly written: boolean
  /** Nothing was written yet: the index of this owner has to hold the session first. */
  readonly unindexed?: { readonly owner: string; readonly version: number }
  /** Who no longer has the session. */
  readonly formerOwner?: string
}

/**
 * What the store calls. An object is a session or the index of an owner, never both. Lifetimes are milliseconds from
 * now, so that no clock is compared with another.
 */
export interface SessionObjectStub {
  load(): Promise<SessionRecord | undefined>
  create(record: SessionRecord, lifetime: number, indexed: IndexedOwner | undefined): Promise<boolean>
  update(record: SessionRecord, lifetime: number, indexed: IndexedOwner | undefined): Promise<WriteReply>
  touch(expiresAt: number, lifetime: number, indexed: IndexedOwner | undefined): Promise<WriteReply>
  remove(onlyIfOwner: string | undefined): Promise<{ owner: string | undefined } | undefined>

  addToIndex(id: string, version: number, lifetime: number): Promise<void>
  removeFromIndex(ids: string[], beforeVersion: number): Promise<void>
  listIndex(): Promise<string[]>
}

/** What the store uses of a `DurableObjectNamespace<SessionObject>`, which fits as it is. */
export interface SessionObjectNamespace {
  getByName(name: string): SessionObjectStub
}
