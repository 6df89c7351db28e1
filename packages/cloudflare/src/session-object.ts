import { DurableObject } from 'cloudflare:workers'
import type { SessionRecord } from '@fetch-sessions/core'
import type { IndexedOwner, WriteReply } from './object-protocol.js'

interface StoredSession {
  readonly record: SessionRecord
  /** When the session may be dropped, by this object's clock, in milliseconds since the epoch. */
  readonly dropAt: number
  /** Until when the owner's index surely holds the session, likewise. */
  readonly indexedUntil: number
}

interface IndexEntry {
  /** The session's version at which it came to this owner, or was seen with this owner. */
  readonly version: number
  /** When the entry may be dropped, by this object's clock, in milliseconds since the epoch. */
  readonly until: number
}

const SESSION = 'session'
const ENTRY = 'entry:'

/**
 * The Durable Object class behind `durableObjectStore`: one object for each session, and one for each owner, which lists
 * the sessions of that owner. It needs SQLite storage, so it goes into `new_sqlite_classes`. An object deletes all that
 * it has when its session is deleted or has expired.
 *
 * Each method decides and writes without waiting for anything in between, so that nothing else gets there.
 */
export class SessionObject extends DurableObject<unknown> {
  load(): SessionRecord | undefined {
    return this.#session()?.record
  }

  async create(record: SessionRecord, lifetime: number, indexed: IndexedOwner | undefined): Promise<boolean> {
    if (this.#session() !== undefined) return false
    await this.#write(record, lifetime, indexedUntil(indexed))
    return true
  }

  async update(record: SessionRecord, lifetime: number, indexed: IndexedOwner | undefined): Promise<WriteReply> {
    const stored = this.#session()
    if (stored?.record.version !== record.version - 1) return { written: false }
    const reply = await this.#writeIndexed(stored, record, lifetime, indexed)
    const formerOwner = stored.record.owner
    return !reply.written || formerOwner === undefined || formerOwner === record.owner
      ? reply
      : { ...reply, formerOwner }
  }

  async touch(expiresAt: number, lifetime: number, indexed: IndexedOwner | undefined): Promise<WriteReply> {
    const stored = this.#session()
    if (stored === undefined) return { written: false }
    return this.#writeIndexed(stored, { ...stored.record, expiresAt }, lifetime, indexed)
  }

  /** With an owner, only a session of that owner. */
  async remove(onlyIfOwner: string | undefined): Promise<{ owner: string | undefined } | undefined> {
    const owner = this.#session()?.record.owner
    if (onlyIfOwner !== undefined && owner !== onlyIfOwner) return undefined
    if (!this.ctx.storage.kv.delete(SESSION)) return undefined
    await this.#deleteAll()
    return { owner }
  }

  async addToIndex(id: string, version: number, lifetime: number): Promise<void> {
    const { kv } = this.ctx.storage
    const known = kv.get<IndexEntry>(ENTRY + id)
    const until = Date.now() + lifetime
    kv.put<IndexEntry>(ENTRY + id, {
      version: Math.max(version, known?.version ?? 0),
      until: Math.max(until, known?.until ?? 0),
    })
    // Entries that may go earlier than the alarm that is set go with it.
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(until)
  }

  /** An entry that was made for a later version stays: the session has come back to this owner. */
  async removeFromIndex(ids: string[], beforeVersion: number): Promise<void> {
    const { kv } = this.ctx.storage
    for (const id of ids) {
      const entry = kv.get<IndexEntry>(ENTRY + id)
      if (entry !== undefined && entry.version < beforeVersion) kv.delete(ENTRY + id)
    }
    if (this.#entries().length === 0) await this.#deleteAll()
  }

  listIndex(): string[] {
    return this.#entries().map(([key]) => key.slice(ENTRY.length))
  }

  /** Drops what has expired. */
  override async alarm(): Promise<void> {
    const { kv } = this.ctx.storage
    const now = Date.now()
    const due: [key: string, at: number][] = this.#entries().map(([key, { until }]) => [key, until])
    const session = this.#session()
    if (session !== undefined) due.push([SESSION, session.dropAt])
    for (const [key, at] of due) if (at <= now) kv.delete(key)
    const next = Math.min(...due.map(([, at]) => at).filter((at) => at > now))
    await (next === Infinity ? this.#deleteAll() : this.ctx.storage.setAlarm(next))
  }

  #session(): StoredSession | undefined {
    return this.ctx.storage.kv.get<StoredSession>(SESSION)
  }

  #entries(): [string, IndexEntry][] {
    return [...this.ctx.storage.kv.list<IndexEntry>({ prefix: ENTRY })]
  }

  /** Never lets a session outlive its entry in the owner's index, for then it could not be found there any more. */
  async #writeIndexed(
    stored: StoredSession,
    record: SessionRecord,
    lifetime: number,
    indexed: IndexedOwner | undefined,
  ): Promise<WriteReply> {
    const { owner, version } = record
    const isStillIndexed = stored.record.owner === owner && Date.now() + lifetime <= stored.indexedUntil
    if (owner === undefined || isStillIndexed) await this.#write(record, lifetime, stored.indexedUntil)
    else if (indexed?.owner === owner) await this.#write(record, lifetime, indexedUntil(indexed))
    else return { written: false, unindexed: { owner, version } }
    return { written: true }
  }

  async #write(record: SessionRecord, lifetime: number, indexedUntil: number): Promise<void> {
    const dropAt = Date.now() + lifetime
    this.ctx.storage.kv.put<StoredSession>(SESSION, { record, dropAt, indexedUntil })
    await this.ctx.storage.setAlarm(dropAt)
  }

  /** So that the object is gone. The alarm has to be named before compatibility date 2026-02-24. */
  async #deleteAll(): Promise<void> {
    await Promise.all([this.ctx.storage.deleteAlarm(), this.ctx.storage.deleteAll()])
  }
}

function indexedUntil(indexed: IndexedOwner | undefined): number {
  return indexed === undefined ? 0 : Date.now() + indexed.lifetime
}
