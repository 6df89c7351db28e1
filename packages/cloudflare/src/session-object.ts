import { DurableObject } from 'cloudflare:workers'
import type { SessionRecord } from '@fetch-sessions/core'
import type { IndexedOwner, IndexReply, LoadReply, RemoveReply, WriteReply } from './object-protocol.js'

interface StoredSession {
  readonly id: string
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
  /** When it was last asked for, likewise. */
  readonly since: number
}

const SESSION = 'session'
const ENTRY = 'entry:'
/** An entry comes before its session: for so long, in milliseconds, the session may still be on its way. */
const ON_ITS_WAY = 10_000
/** Alarms can't be set after the year 2189. One that rings too early is set anew. */
const MAX_ALARM_LEAD = 10 * 365 * 86_400_000

/**
 * The Durable Object class behind `durableObjectStore`: one object for each session, and one for each owner, which lists
 * the sessions of that owner. It needs SQLite storage, so it goes into `new_sqlite_classes`. An object deletes all that
 * it has when its session is deleted or has expired.
 *
 * Each method decides and writes without waiting for anything in between, so that nothing else gets there.
 */
export class SessionObject extends DurableObject<unknown> {
  load(id: string): LoadReply {
    const stored = this.#session(id)
    return stored === undefined ? { id } : { id: stored.id, record: stored.record }
  }

  async create(
    id: string,
    record: SessionRecord,
    lifetime: number,
    indexed: IndexedOwner | undefined,
  ): Promise<WriteReply> {
    if (this.#session(id) !== undefined) return { id, written: false }
    await this.#write(id, record, lifetime, indexedUntil(indexed))
    return { id, written: true }
  }

  async update(
    id: string,
    record: SessionRecord,
    lifetime: number,
    indexed: IndexedOwner | undefined,
  ): Promise<WriteReply> {
    const stored = this.#session(id)
    if (stored?.record.version !== record.version - 1) return { id, written: false }
    const reply = await this.#writeIndexed(stored, record, lifetime, indexed)
    const formerOwner = stored.record.owner
    return !reply.written || formerOwner === undefined || formerOwner === record.owner
      ? reply
      : { ...reply, formerOwner }
  }

  async touch(
    id: string,
    expiresAt: number,
    version: number,
    lifetime: number,
    indexed: IndexedOwner | undefined,
  ): Promise<WriteReply> {
    const stored = this.#session(id)
    if (stored?.record.version !== version) return { id, written: false }
    return this.#writeIndexed(stored, { ...stored.record, expiresAt }, lifetime, indexed)
  }

  /** With an owner, only a session of that owner. */
  async remove(id: string, onlyIfOwner: string | undefined): Promise<RemoveReply> {
    const stored = this.#session(id)
    if (stored === undefined) return { id, removed: false }
    const { owner } = stored.record
    if (onlyIfOwner !== undefined && owner !== onlyIfOwner) return { id, removed: false }
    this.ctx.storage.kv.delete(SESSION)
    await this.#deleteAll()
    return owner === undefined ? { id: stored.id, removed: true } : { id: stored.id, removed: true, owner }
  }

  async addToIndex(id: string, version: number, lifetime: number): Promise<void> {
    const { kv } = this.ctx.storage
    // Asked first: an object that died between the entry and its alarm would keep the entry for ever.
    const hasAlarm = (await this.ctx.storage.getAlarm()) !== null
    const known = kv.get<IndexEntry>(ENTRY + id)
    const since = Date.now()
    const until = since + lifetime
    kv.put<IndexEntry>(ENTRY + id, {
      version: Math.max(version, known?.version ?? 0),
      until: Math.max(until, known?.until ?? 0),
      since,
    })
    // Entries that may go earlier than the alarm that is set go with it.
    if (!hasAlarm) await this.#setAlarm(until)
  }

  /** An entry that was made for a later version stays: the session has come back to this owner. */
  async removeFromIndex(ids: string[], beforeVersion: number): Promise<void> {
    await this.#dropEntries(ids, ({ version }) => version < beforeVersion)
  }

  /** After the sessions were asked: some were removed, others are not there, or not this owner's. */
  async settleIndex(removed: string[], missing: string[]): Promise<void> {
    const now = Date.now()
    await this.#dropEntries(removed, () => true)
    await this.#dropEntries(missing, ({ since }) => since + ON_ITS_WAY < now)
  }

  listIndex(owner: string): IndexReply {
    return { owner, ids: this.#entries().map(([key]) => key.slice(ENTRY.length)) }
  }

  /** Drops what has expired. */
  override async alarm(): Promise<void> {
    const { kv } = this.ctx.storage
    const now = Date.now()
    const due: [key: string, at: number][] = this.#entries().map(([key, { until }]) => [key, until])
    const session = this.ctx.storage.kv.get<StoredSession>(SESSION)
    if (session !== undefined) due.push([SESSION, session.dropAt])
    for (const [key, at] of due) if (at <= now) kv.delete(key)
    const later = due.map(([, at]) => at).filter((at) => at > now)
    await (later.length === 0 ? this.#deleteAll() : this.#setAlarm(Math.min(...later)))
  }

  /** @throws Error if this object keeps another session than the one that is asked for */
  #session(id: string): StoredSession | undefined {
    const stored = this.ctx.storage.kv.get<StoredSession>(SESSION)
    if (stored === undefined || stored.id === id) return stored
    throw new Error(`fetch-sessions: SessionObject: the object that was asked for session ${id} keeps another one`)
  }

  #entries(): [string, IndexEntry][] {
    return [...this.ctx.storage.kv.list<IndexEntry>({ prefix: ENTRY })]
  }

  async #dropEntries(ids: string[], isDue: (entry: IndexEntry) => boolean): Promise<void> {
    const { kv } = this.ctx.storage
    for (const id of ids) {
      const entry = kv.get<IndexEntry>(ENTRY + id)
      if (entry !== undefined && isDue(entry)) kv.delete(ENTRY + id)
    }
    if (this.#entries().length === 0) await this.#deleteAll()
  }

  /** Never lets a session outlive its entry in the owner's index, for then it could not be found there any more. */
  async #writeIndexed(
    { id, record: { owner: formerOwner }, indexedUntil: until }: StoredSession,
    record: SessionRecord,
    lifetime: number,
    indexed: IndexedOwner | undefined,
  ): Promise<WriteReply> {
    const { owner, version } = record
    const isStillIndexed = formerOwner === owner && Date.now() + lifetime <= until
    if (owner === undefined || isStillIndexed) await this.#write(id, record, lifetime, until)
    else if (indexed?.owner === owner) await this.#write(id, record, lifetime, indexedUntil(indexed))
    else return { id, written: false, unindexed: { owner, version } }
    return { id, written: true }
  }

  async #write(id: string, record: SessionRecord, lifetime: number, indexedUntil: number): Promise<void> {
    // Before anything is written: a session without an alarm would stay for ever.
    if (!(lifetime >= 0)) throw new TypeError('expiresAt: must be a number of milliseconds since the epoch')
    const dropAt = Date.now() + lifetime
    this.ctx.storage.kv.put<StoredSession>(SESSION, { id, record, dropAt, indexedUntil })
    await this.#setAlarm(dropAt)
  }

  #setAlarm(at: number): Promise<void> {
    return this.ctx.storage.setAlarm(Math.ceil(Math.min(at, Date.now() + MAX_ALARM_LEAD)))
  }

  /** So that the object is gone. The alarm has to be named before compatibility date 2026-02-24. */
  async #deleteAll(): Promise<void> {
    await Promise.all([this.ctx.storage.deleteAlarm(), this.ctx.storage.deleteAll()])
  }
}

function indexedUntil(indexed: IndexedOwner | undefined): number {
  return indexed === undefined ? 0 : Date.now() + indexed.lifetime
}
