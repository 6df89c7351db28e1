import type { StoredInfo, SessionRecord, SessionStore } from '@fetch-sessions/core'
import type { AtomicOperation, KeyValueDatabase, KvEntry } from './database.js'

export interface DenoKvStoreOptions {
  /** The first part of each key, or several parts. Default `sessions`. */
  prefix?: string | readonly string[]
}

/** What the owner index keeps of a session, so that a list needs no session. */
type IndexedTimes = Pick<StoredInfo, 'createdAt' | 'expiresAt'>

/** Deno KV reads at most this many keys of a list at a time. */
const LIST_BATCH = 500
/** How many sessions `clear` deletes at once. */
const DELETE_BATCH = 50
/** How often a write is tried while the file is locked, and how long it waits at most each time, in milliseconds. */
const MAX_ATTEMPTS = 200
const MAX_PAUSE = 50

/**
 * Keeps sessions in Deno KV, with compare-and-set by versionstamp and Deno KV's own expiry. A session and its entry in
 * the owner index are always written together. A session has to fit in 64 KiB: 30 000 bytes of data always do.
 *
 * @throws TypeError if `prefix` has no part
 *
 * @example
 * const store = denoKvStore(await Deno.openKv())
 */
export function denoKvStore(kv: KeyValueDatabase, options: DenoKvStoreOptions = {}): DenoKvStore {
  return new DenoKvStore(kv, options)
}

export class DenoKvStore implements SessionStore {
  readonly #kv: KeyValueDatabase
  readonly #prefix: readonly string[]
  #now: () => number = Date.now

  constructor(kv: KeyValueDatabase, { prefix = 'sessions' }: DenoKvStoreOptions) {
    this.#kv = kv
    this.#prefix = typeof prefix === 'string' ? [prefix] : [...prefix]
    if (this.#prefix.length === 0) throw new TypeError('prefix: must have a part, or `clear` would remove everything')
  }

  /** Sets the clock for expiry and lists, in milliseconds since the epoch. */
  useClock(now: () => number): void {
    this.#now = now
  }

  /** One round trip. */
  async load(id: string): Promise<SessionRecord | undefined> {
    return (await this.#get(id)).value ?? undefined
  }

  /** One round trip. */
  async create(id: string, record: SessionRecord): Promise<boolean> {
    const operation = this.#kv.atomic()
    operation.check({ key: this.#keyOf(id), versionstamp: null })
    return this.#commit(this.#set(operation, id, record))
  }

  /** Two round trips, and two more for each `touch` that got in between. */
  update(id: string, record: SessionRecord): Promise<boolean> {
    return this.#change(id, (stored, operation) => {
      if (stored.version !== record.version - 1) return false
      if (stored.owner !== record.owner) this.#deleteFromIndex(operation, id, stored.owner)
      this.#set(operation, id, record)
      return true
    })
  }

  /** Two round trips, and two more for each other write that got in between. */
  touch(id: string, expiresAt: number): Promise<boolean> {
    return this.#change(id, (stored, operation) => {
      this.#set(operation, id, { ...stored, expiresAt })
      return true
    })
  }

  /** Two round trips, and two more for each other write that got in between. */
  delete(id: string): Promise<boolean> {
    return this.#deleteIf(id, () => true)
  }

  /** One round trip for every 500 sessions. */
  async listByOwner(owner: string): Promise<StoredInfo[]> {
    const now = this.#now()
    const sessions: StoredInfo[] = []
    for await (const { key, value } of this.#list<IndexedTimes>([...this.#prefix, 'owner', owner])) {
      if (value !== null && value.expiresAt > now) sessions.push({ id: String(key.at(-1)), owner, ...value })
    }
    return sessions
  }

  /**
   * One round trip, two for all sessions at once, and one. Until the index shows no session that is new: one that is
   * regenerated meanwhile is followed by another, which is written before the former is deleted. If we come too late for
   * the former, we find the latter at the next look.
   */
  async deleteByOwner(owner: string, exceptId?: string): Promise<number> {
    const seen = new Set([exceptId])
    const isOwners = (stored: SessionRecord): boolean => stored.owner === owner
    for (let count = 0; ; ) {
      const ids: string[] = []
      for await (const { key } of this.#list([...this.#prefix, 'owner', owner])) ids.push(String(key.at(-1)))
      const unseen = ids.filter((id) => !seen.has(id))
      if (unseen.length === 0) return count
      for (const id of unseen) seen.add(id)
      const deletions = await Promise.all(unseen.map((id) => this.#deleteIf(id, isOwners)))
      count += deletions.filter(Boolean).length
    }
  }

  /** One round trip for every 500 sessions, then two for every 50. Each leaves together with its entry in the index. */
  async clear(): Promise<void> {
    const ids: string[] = []
    for await (const { key } of this.#list([...this.#prefix, 'session'])) ids.push(String(key.at(-1)))
    while (ids.length > 0) await Promise.all(ids.splice(0, DELETE_BATCH).map((id) => this.delete(id)))
  }

  #keyOf(id: string): string[] {
    return [...this.#prefix, 'session', id]
  }

  #get(id: string): Promise<KvEntry<SessionRecord>> {
    return this.#kv.get<SessionRecord>(this.#keyOf(id))
  }

  #list<Value>(prefix: readonly string[]): AsyncIterable<KvEntry<Value>> {
    return this.#kv.list<Value>({ prefix }, { batchSize: LIST_BATCH })
  }

  #deleteIf(id: string, isDue: (stored: SessionRecord) => boolean): Promise<boolean> {
    return this.#change(id, (stored, operation) => {
      if (!isDue(stored)) return false
      operation.delete(this.#keyOf(id))
      this.#deleteFromIndex(operation, id, stored.owner)
      return true
    })
  }

  /**
   * Reads the record, decides, and writes only over what was read; again if another write got in between. Each time that
   * happens, another write has succeeded, so it comes to an end. `false` if the record is gone or `decide` says so.
   */
  async #change(id: string, decide: (stored: SessionRecord, operation: AtomicOperation) => boolean): Promise<boolean> {
    while (true) {
      const { value, versionstamp } = await this.#get(id)
      if (value === null) return false
      const operation = this.#kv.atomic()
      operation.check({ key: this.#keyOf(id), versionstamp })
      if (!decide(value, operation)) return false
      if (await this.#commit(operation)) return true
    }
  }

  #set(operation: AtomicOperation, id: string, record: SessionRecord): AtomicOperation {
    const { createdAt, expiresAt, owner } = record
    // Deno KV takes whole milliseconds and nothing below 0.
    const options = { expireIn: Math.max(0, Math.ceil(expiresAt - this.#now())) }
    operation.set(this.#keyOf(id), record, options)
    if (owner !== undefined) operation.set([...this.#prefix, 'owner', owner, id], { createdAt, expiresAt }, options)
    return operation
  }

  #deleteFromIndex(operation: AtomicOperation, id: string, owner: string | undefined): void {
    if (owner !== undefined) operation.delete([...this.#prefix, 'owner', owner, id])
  }

  /** `false` if a check failed. */
  async #commit(operation: AtomicOperation): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await operation.commit()).ok
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !isLocked(error)) throw error
        await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE))
      }
    }
  }
}

/** Another process, or another thread of `deno serve --parallel`, writes to the same file. Nothing was written here. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.includes('database is locked')
}
