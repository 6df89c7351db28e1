import type { SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'
import type { IndexedOwner, SessionObjectNamespace, SessionObjectStub, WriteReply } from './object-protocol.js'

export interface DurableObjectStoreOptions {
  /**
   * What the names of the objects begin with. Default none. Managers whose owners mean different people, such as users
   * and admins, need different ones in one namespace.
   */
  prefix?: string
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** An entry in an index is made to last for as many times the session's lifetime, so that few touches have to renew it. */
const INDEX_FACTOR = 10
/** It lasts no longer than this, in milliseconds, beyond the session's lifetime. */
const MAX_INDEX_LEAD = 30 * DAY

/**
 * Keeps each session in a Durable Object of its own: strongly consistent everywhere, compare-and-set in one round trip.
 * An alarm removes the object when its session has expired. The class of the objects is `SessionObject` in
 * `@fetch-sessions/cloudflare/durable-object`, which your Worker has to export.
 *
 * @example
 * export { SessionObject } from '@fetch-sessions/cloudflare/durable-object'
 *
 * withSession(handler, (env) => ({ store: durableObjectStore(env.SESSIONS), secret: env.SESSION_SECRET }))
 */
export function durableObjectStore(
  namespace: SessionObjectNamespace,
  options: DurableObjectStoreOptions = {},
): DurableObjectStore {
  return new DurableObjectStore(namespace, options)
}

export class DurableObjectStore implements SessionStore {
  readonly #namespace: SessionObjectNamespace
  readonly #prefix: string
  #now: () => number = Date.now

  constructor(namespace: SessionObjectNamespace, { prefix = '' }: DurableObjectStoreOptions) {
    this.#namespace = namespace
    this.#prefix = prefix
  }

  /** Sets the clock that lifetimes are reckoned with, in milliseconds since the epoch. */
  useClock(now: () => number): void {
    this.#now = now
  }

  /** One round trip. */
  async load(id: string): Promise<SessionRecord | undefined> {
    const record = await this.#session(id).load()
    if (record === undefined) return undefined
    // A copy without what RPC adds to an object.
    const { data, createdAt, expiresAt, owner, version, meta } = record
    return { data, createdAt, expiresAt, owner, version, meta }
  }

  /** One round trip; two with an owner, whose index comes first, so that no session is ever missing there. */
  async create(id: string, record: SessionRecord): Promise<boolean> {
    const { owner, version, expiresAt } = record
    const lifetime = this.#lifetime(expiresAt)
    const indexed = owner === undefined ? undefined : await this.#index(id, { owner, version }, lifetime)
    return this.#session(id).create(record, lifetime, indexed)
  }

  /** One round trip; a new owner costs up to three more. */
  update(id: string, record: SessionRecord): Promise<boolean> {
    const lifetime = this.#lifetime(record.expiresAt)
    return this.#write(id, lifetime, (session, indexed) => session.update(record, lifetime, indexed), record.version)
  }

  /** One round trip; two more when the entry in the owner's index has to be renewed, which is seldom. */
  touch(id: string, expiresAt: number): Promise<boolean> {
    const lifetime = this.#lifetime(expiresAt)
    return this.#write(id, lifetime, (session, indexed) => session.touch(expiresAt, lifetime, indexed))
  }

  /** One round trip; two with an owner. */
  async delete(id: string): Promise<boolean> {
    const removed = await this.#session(id).remove(undefined)
    if (removed?.owner !== undefined) await this.#removeFromIndex(removed.owner, [id])
    return removed !== undefined
  }

  /** Two round trips: the index, then all its sessions at once. */
  async listByOwner(owner: string): Promise<StoredInfo[]> {
    const now = this.#now()
    const ids = await this.#owner(owner).listIndex()
    const records = await Promise.all(ids.map((id) => this.load(id)))
    return ids.flatMap((id, i) => {
      const record = records[i]
      if (record === undefined || record.owner !== owner || record.expiresAt <= now) return []
      return [{ id, owner, createdAt: record.createdAt, expiresAt: record.expiresAt }]
    })
  }

  /**
   * Three round trips: the index, then all its sessions at once, then the index. Until the index shows no session that is
   * new. One that is regenerated meanwhile is followed by another, which is in the index before the former is deleted:
   * if we come too late for the former, we find the latter at the next look.
   */
  async deleteByOwner(owner: string, exceptId?: string): Promise<number> {
    const seen = new Set([exceptId])
    const unseen = async () => (await this.#owner(owner).listIndex()).filter((id) => !seen.has(id))
    let count = 0
    for (let ids = await unseen(); ids.length > 0; ) {
      for (const id of ids) seen.add(id)
      const removed = await this.#removeAll(ids, owner)
      // What is in the index and was not written yet is there now if it follows a session that we came too late for.
      const late = ids.filter((id) => !removed.includes(id))
      removed.push(...(await this.#removeAll(late, owner)))
      count += removed.length
      ;[ids] = await Promise.all([unseen(), removed.length > 0 && this.#removeFromIndex(owner, removed)])
    }
    return count
  }

  /** Those of the sessions that were there, and the owner's. */
  async #removeAll(ids: readonly string[], owner: string): Promise<string[]> {
    const removals = await Promise.all(ids.map((id) => this.#session(id).remove(owner)))
    return ids.filter((_, i) => removals[i] !== undefined)
  }

  #session(id: string): SessionObjectStub {
    return this.#namespace.getByName(`${this.#prefix}session:${id}`)
  }

  #owner(owner: string): SessionObjectStub {
    return this.#namespace.getByName(`${this.#prefix}owner:${owner}`)
  }

  #lifetime(expiresAt: number): number {
    return Math.max(0, expiresAt - this.#now())
  }

  /** Writes; when the session says so, to its owner's index first. Again if it got another owner meanwhile. */
  async #write(
    id: string,
    lifetime: number,
    write: (session: SessionObjectStub, indexed: IndexedOwner | undefined) => Promise<WriteReply>,
    version = 0,
  ): Promise<boolean> {
    let indexed: IndexedOwner | undefined
    while (true) {
      const { written, unindexed, formerOwner } = await write(this.#session(id), indexed)
      if (formerOwner !== undefined) await this.#removeFromIndex(formerOwner, [id], version)
      if (unindexed === undefined) return written
      indexed = await this.#index(id, unindexed, lifetime)
    }
  }

  /** Makes sure of the entry in the owner's index. An entry without a session does no harm: it is passed over. */
  async #index(
    id: string,
    { owner, version }: { owner: string; version: number },
    lifetime: number,
  ): Promise<IndexedOwner> {
    const indexLifetime = Math.min(lifetime * INDEX_FACTOR, lifetime + MAX_INDEX_LEAD)
    // An hour more than the session is told, for the way between the two and for clocks that differ.
    await this.#owner(owner).addToIndex(id, version, indexLifetime + HOUR)
    return { owner, lifetime: indexLifetime }
  }

  /** The session itself is written already: a failure here must not look like one of that. The entry expires. */
  async #removeFromIndex(owner: string, ids: string[], beforeVersion = Number.POSITIVE_INFINITY): Promise<void> {
    await this.#owner(owner)
      .removeFromIndex(ids, beforeVersion)
      .catch(() => undefined)
  }
}
