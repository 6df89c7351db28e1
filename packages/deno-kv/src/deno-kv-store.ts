import type { SessionRecord, SessionStore, StoredInfo, StoredPage } from '@fetch-sessions/core'
import type { AtomicOperation, KeyValueDatabase, KvEntry } from './database.js'
import { decodeRecord, encodeRecord, expectKey, type IndexedInfo, idBelow, type StoredRecord } from './entries.js'
import { checkOptions } from './options.js'

/** Options of `denoKvStore`. */
export interface DenoKvStoreOptions {
  /** The first part of each key, or several parts. Default `sessions`. */
  prefix?: string | readonly string[]
}

/** Deno KV reads at most this many keys of a list at a time. */
const LIST_BATCH = 500
/** How many sessions `clear` deletes at once. */
const DELETE_BATCH = 50
/** The longest key that Deno KV writes, in bytes; a part takes two more than it has, and two for each NUL. */
const MAX_KEY = 2048
const ID_BYTES = 43
/** The longest expiry, in milliseconds from now, that is told to Deno KV, which takes none of thousands of years. */
const MAX_EXPIRY = 1000 * 365 * 86_400_000
/** How often an owner's sessions are looked for, if there are some each time that were not there before. */
const MAX_LOOKS = 20
/** How often a write is tried while the file is locked, and how long it waits at most each time, in milliseconds. */
const MAX_ATTEMPTS = 200
const MAX_PAUSE = 50

/**
 * Keeps sessions in Deno KV, with compare-and-set by versionstamp and Deno KV's own expiry. A session and its entry in
 * the owner index are always written together. A session has to fit in 64 KiB, of which its data may take 60 000 bytes.
 *
 * @throws TypeError if it is no `Deno.Kv`, or if `prefix` has no part, or leaves no room in a key
 *
 * @example
 * ```ts
 * const store = denoKvStore(await Deno.openKv())
 * ```
 */
export function denoKvStore(kv: KeyValueDatabase, options: DenoKvStoreOptions = {}): DenoKvStore {
  return new DenoKvStore(kv, options)
}

/** What `denoKvStore` makes. */
export class DenoKvStore implements SessionStore {
  /** A value takes 64 KiB; a key, which an owner is part of, 2 KiB. */
  readonly limits: { readonly dataBytes: number; readonly ownerBytes: number }
  readonly #kv: KeyValueDatabase
  readonly #prefix: readonly string[]
  #now: () => number = () => Date.now()

  constructor(kv: KeyValueDatabase, options: DenoKvStoreOptions) {
    checkOptions('denoKvStore', options, ['prefix'])
    const { prefix = 'sessions' } = options
    const isText = (part: unknown): boolean => typeof part === 'string'
    if (!isText(prefix) && !(Array.isArray(prefix) && prefix.every(isText)))
      throw new TypeError('fetch-sessions: denoKvStore: prefix must be a text, or a list of texts')
    checkDatabase(kv)
    this.#kv = kv
    this.#prefix = typeof prefix === 'string' ? [prefix] : [...prefix]
    if (this.#prefix.length === 0)
      throw new TypeError('fetch-sessions: denoKvStore: prefix must have a part, or `clear` would remove everything')
    const others = [...this.#prefix, 'owner', '', 'i'.repeat(ID_BYTES)]
    const bytes = others.reduce((sum, part) => sum + 2 + 2 * new TextEncoder().encode(part).length, 0)
    // As if each byte were a NUL.
    const ownerBytes = Math.floor((MAX_KEY - bytes) / 2)
    if (ownerBytes < 1)
      throw new TypeError('fetch-sessions: denoKvStore: prefix must be shorter, or no key has room for an owner')
    this.limits = { dataBytes: 60_000, ownerBytes }
  }

  /** Sets the clock for expiry and lists, in milliseconds since the epoch. */
  useClock(now: () => number): void {
    this.#now = now
  }

  /**
   * One round trip.
   * @throws Error if Deno KV answers with another session's entry
   */
  async load(id: string): Promise<SessionRecord | undefined> {
    const { value } = await this.#get(id)
    return value === null ? undefined : decodeRecord(value)
  }

  /** One round trip. */
  async create(id: string, record: SessionRecord): Promise<boolean> {
    const operation = this.#kv.atomic()
    operation.check({ key: this.#keyOf(id), versionstamp: null })
    return this.#commit(this.#set(operation, id, encodeRecord(record)))
  }

  /** Two round trips, and two more for each `touch` that got in between. */
  update(id: string, record: SessionRecord): Promise<boolean> {
    return this.#change(id, (stored, operation) => {
      if (stored.version !== record.version - 1) return false
      if (stored.owner !== record.owner) this.#deleteFromIndex(operation, id, stored.owner)
      this.#set(operation, id, encodeRecord(record))
      return true
    })
  }

  /** Two round trips, and two more for each other touch that got in between. */
  touch(id: string, expiresAt: number, version: number): Promise<boolean> {
    return this.#change(id, (stored, operation) => {
      if (stored.version !== version) return false
      this.#set(operation, id, { ...stored, expiresAt })
      return true
    })
  }

  /** Two round trips, and two more for each other write that got in between. */
  delete(id: string): Promise<boolean> {
    return this.#deleteIf(id, () => true)
  }

  /** In the order of the ids. One round trip for every 500 sessions. */
  async list(cursor: string | undefined, limit: number, now: number): Promise<StoredPage> {
    if (cursor !== undefined && !/^[\w-]{43}$/.test(cursor))
      throw new TypeError('fetch-sessions: denoKvStore: cursor must be the one of the page before, as `list` gave it')
    const prefix = [...this.#prefix, 'session']
    const selector = cursor === undefined ? { prefix } : { prefix, start: [...prefix, cursor] }
    const entries: StoredInfo[] = []
    for await (const entry of this.#kv.list<StoredRecord>(selector, {
      batchSize: Math.max(1, Math.min(limit + 1, LIST_BATCH)),
    })) {
      const id = idBelow(entry, prefix)
      // The page begins behind the session that the one before ended with, whether that is still there or not.
      if (id === cursor || entry.value === null || entry.value.expiresAt <= now) continue
      const { owner, createdAt, expiresAt, meta } = entry.value
      entries.push({ id, owner, createdAt, expiresAt, meta })
      if (entries.length >= limit) return { entries, cursor: id }
    }
    return { entries, cursor: undefined }
  }

  /** One round trip for every 500 sessions. */
  async listByOwner(owner: string): Promise<StoredInfo[]> {
    const now = this.#now()
    const prefix = this.#indexOf(owner)
    const sessions: StoredInfo[] = []
    for await (const entry of this.#list<IndexedInfo>(prefix)) {
      const id = idBelow(entry, prefix)
      if (entry.value === null || entry.value.expiresAt <= now) continue
      const { createdAt, expiresAt, meta } = entry.value
      sessions.push({ id, owner, createdAt, expiresAt, meta })
    }
    return sessions
  }

  /**
   * One round trip, two for every 50 sessions, and one. Until the index shows no session that is new: one that is
   * regenerated meanwhile is followed by another, which is written before the former leaves the index. If we come too late
   * for the former, we find the latter at the next look.
   *
   * @throws Error if there are new sessions again and again
   */
  async deleteByOwner(owner: string, exceptId?: string): Promise<number> {
    const seen = new Set([exceptId])
    const isOwners = (stored: StoredRecord): boolean => stored.owner === owner
    let count = 0
    for (let look = 0; look < MAX_LOOKS; look++) {
      const unseen = (await this.#idsBelow(this.#indexOf(owner))).filter((id) => !seen.has(id))
      if (unseen.length === 0) return count
      for (const id of unseen) seen.add(id)
      while (unseen.length > 0) {
        const batch = unseen.splice(0, DELETE_BATCH)
        const deletions = await Promise.all(batch.map((id) => this.#deleteIf(id, isOwners)))
        count += deletions.filter(Boolean).length
      }
    }
    throw new Error(
      `fetch-sessions: denoKvStore: this owner got new sessions each of the ${MAX_LOOKS} times that we looked. ${count} were removed; keep ` +
        'the owner from signing in, and call again.',
    )
  }

  /** One round trip for every 500 sessions, then two for every 50. Each leaves together with its entry in the index. */
  async clear(): Promise<void> {
    const ids = await this.#idsBelow([...this.#prefix, 'session'])
    while (ids.length > 0) await Promise.all(ids.splice(0, DELETE_BATCH).map((id) => this.delete(id)))
  }

  #keyOf(id: string): string[] {
    return [...this.#prefix, 'session', id]
  }

  #indexOf(owner: string): string[] {
    return [...this.#prefix, 'owner', owner]
  }

  async #get(id: string): Promise<KvEntry<StoredRecord>> {
    const key = this.#keyOf(id)
    const entry = await this.#kv.get<StoredRecord>(key)
    expectKey(entry, key)
    return entry
  }

  async #idsBelow(prefix: readonly string[]): Promise<string[]> {
    const ids: string[] = []
    for await (const entry of this.#list(prefix)) ids.push(idBelow(entry, prefix))
    return ids
  }

  #list<Value>(prefix: readonly string[]): AsyncIterable<KvEntry<Value>> {
    return this.#kv.list<Value>({ prefix }, { batchSize: LIST_BATCH })
  }

  #deleteIf(id: string, isDue: (stored: StoredRecord) => boolean): Promise<boolean> {
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
  async #change(id: string, decide: (stored: StoredRecord, operation: AtomicOperation) => boolean): Promise<boolean> {
    while (true) {
      const { value, versionstamp } = await this.#get(id)
      if (value === null) return false
      const operation = this.#kv.atomic()
      operation.check({ key: this.#keyOf(id), versionstamp })
      if (!decide(value, operation)) return false
      if (await this.#commit(operation)) return true
    }
  }

  #set(operation: AtomicOperation, id: string, stored: StoredRecord): AtomicOperation {
    const { createdAt, expiresAt, owner, meta } = stored
    const expiry = Math.min(MAX_EXPIRY, Math.ceil(expiresAt - this.#now()))
    // Deno KV takes whole milliseconds and nothing below 0.
    const options = { expireIn: Math.max(0, expiry) }
    operation.set(this.#keyOf(id), stored, options)
    if (owner !== undefined) operation.set([...this.#indexOf(owner), id], { createdAt, expiresAt, meta }, options)
    return operation
  }

  #deleteFromIndex(operation: AtomicOperation, id: string, owner: string | undefined): void {
    if (owner !== undefined) operation.delete([...this.#indexOf(owner), id])
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

/** @throws TypeError for what lacks one of the methods: it would fail with each request */
function checkDatabase(kv: unknown): void {
  const has = (method: string): boolean => typeof (kv as Record<string, unknown> | null)?.[method] === 'function'
  const problem = has('then') ? 'a promise: await it' : !['get', 'list', 'atomic'].every(has) && 'something else'
  if (problem) throw new TypeError(`fetch-sessions: denoKvStore takes what Deno.openKv() promises; it got ${problem}`)
}

/** Another process, or another thread of `deno serve --parallel`, writes to the same file. Nothing was written here. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message.includes('database is locked')
}
