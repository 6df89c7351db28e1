import { checkClock, invalidOption, rejectUnknown } from '../option-error.js'
import type { SessionRecord, SessionStore, StoredInfo, StoredPage } from './store.js'

export interface MemoryStoreOptions {
  /** When more sessions than this are kept, the least recently used goes first. Default 100 000. */
  maxSessions?: number
  /** Milliseconds since the epoch. Called once when the store is made. Default: the manager's clock, else Date.now. */
  now?: () => number
}

/**
 * How many sessions a `create` looks at for expired ones, at two places, how many more for each that it finds, and how many
 * at most. Each look is likely to miss the processor's caches (`benchmarks`, a new session).
 */
const LOOKS = 8
const LOOKS_PER_FIND = 8
const MAX_LOOKS = 3000
/** How a cursor begins, before the id that the page ended with. */
const CURSOR = 'after:'

/** A session in a ring, which is in the order of use. It is the record itself, since a second object takes room. */
class Entry implements SessionRecord {
  older: Entry = this
  newer: Entry = this
  readonly id: string
  data = ''
  createdAt = 0
  expiresAt = 0
  owner: string | undefined
  version = 0
  meta: string | undefined

  constructor(id: string, record: SessionRecord) {
    this.id = id
    this.write(record)
  }

  write({ data, createdAt, expiresAt, owner, version, meta }: SessionRecord): void {
    this.data = data
    this.createdAt = createdAt
    this.expiresAt = expiresAt
    this.owner = owner
    this.version = version
    this.meta = meta
  }
}

/**
 * Keeps sessions in this process: for one process, for tests, and as the near store of `cachedStore`. They are gone
 * when it ends. Bounded; expired sessions are dropped bit by bit with each new one, without a timer.
 */
export class MemoryStore implements SessionStore {
  readonly isProcessLocal = true
  readonly #maxSessions: number
  readonly #entries: Map<string, Entry> = new Map()
  readonly #owners: Map<string, Set<string>> = new Map()
  /** Between the newest session and the oldest one. It never expires. */
  readonly #end: Entry = new Entry('', { data: '', createdAt: 0, expiresAt: Infinity, owner: undefined, version: 0 })
  /** Goes round and round in search of expired sessions. */
  #cursor: Entry = this.#end
  #now: () => number
  readonly #hasOwnClock: boolean

  /** @throws TypeError if an option can't work */
  constructor(options: MemoryStoreOptions = {}) {
    rejectUnknown('MemoryStore: ', options, ['maxSessions', 'now'])
    const { maxSessions = 100_000, now } = options
    checkClock(now)
    if (!Number.isInteger(maxSessions) || maxSessions < 1)
      throw invalidOption('maxSessions', 'must be a whole number above 0')
    this.#maxSessions = maxSessions
    // Looked up at each call, for fake timers.
    this.#now = now ?? (() => Date.now())
    this.#hasOwnClock = now !== undefined
  }

  /** How many sessions are kept, expired ones that were not dropped yet included. */
  get size(): number {
    return this.#entries.size
  }

  useClock(now: () => number): void {
    if (!this.#hasOwnClock) this.#now = now
  }

  load(id: string): SessionRecord | undefined {
    const entry = this.#live(id)
    if (entry === undefined) return undefined
    this.#renew(entry)
    const { data, createdAt, expiresAt, owner, version, meta } = entry
    return { data, createdAt, expiresAt, owner, version, meta }
  }

  create(id: string, record: SessionRecord): boolean {
    if (this.#live(id) !== undefined) return false
    // Most expired sessions are at the least used end, others behind some that live long.
    this.#sweep(this.#end.newer)
    this.#cursor = this.#sweep(this.#cursor)
    if (this.size >= this.#maxSessions) this.#remove(this.#end.newer)
    this.#add(new Entry(id, record))
    return true
  }

  update(id: string, record: SessionRecord): boolean {
    const entry = this.#live(id)
    if (entry?.version !== record.version - 1) return false
    if (entry.owner !== record.owner) {
      this.#disown(entry)
      this.#own(id, record.owner)
    }
    entry.write(record)
    this.#renew(entry)
    return true
  }

  touch(id: string, expiresAt: number, version: number): boolean {
    const entry = this.#live(id)
    if (entry === undefined || entry.version !== version) return false
    entry.expiresAt = expiresAt
    return true
  }

  delete(id: string): boolean {
    const entry = this.#live(id)
    if (entry !== undefined) this.#remove(entry)
    return entry !== undefined
  }

  /**
   * In the order of the ids.
   *
   * @throws TypeError if the cursor is none of this store's
   */
  list(cursor: string | undefined, limit: number, now: number): StoredPage {
    const last = idOf(cursor)
    let found: Entry[] = []
    for (const entry of this.#entries.values()) {
      if (entry.expiresAt > now && (last === undefined || entry.id > last)) found.push(entry)
      if (found.length >= 2 * limit + 64) found = smallestIds(found, limit)
    }
    const entries = smallestIds(found, limit).map(infoOf)
    return { entries, cursor: entries.length === limit ? CURSOR + entries.at(-1)?.id : undefined }
  }

  listByOwner(owner: string): StoredInfo[] {
    return [...(this.#owners.get(owner) ?? [])].flatMap((id) => {
      const entry = this.#live(id)
      return entry ? infoOf(entry) : []
    })
  }

  deleteByOwner(owner: string, exceptId?: string): number {
    return this.listByOwner(owner).filter(({ id }) => id !== exceptId && this.delete(id)).length
  }

  deleteExpired(now: number, limit: number): number {
    const before = this.size
    for (const entry of this.#entries.values()) {
      if (before - this.size >= limit) break
      if (entry.expiresAt <= now) this.#remove(entry)
    }
    return before - this.size
  }

  clear(): void {
    for (const entry of this.#entries.values()) this.#remove(entry)
  }

  /** The session, which is dropped if it is expired. */
  #live(id: string): Entry | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined || this.#now() < entry.expiresAt) return entry
    this.#remove(entry)
    return undefined
  }

  #add(entry: Entry): void {
    this.#entries.set(entry.id, entry)
    this.#append(entry)
    this.#own(entry.id, entry.owner)
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.id)
    this.#unlink(entry)
    this.#disown(entry)
  }

  #own(id: string, owner: string | undefined): void {
    if (owner === undefined) return
    const ids = this.#owners.get(owner)
    if (ids === undefined) this.#owners.set(owner, new Set([id]))
    else ids.add(id)
  }

  #disown({ id, owner }: Entry): void {
    if (owner === undefined) return
    const ids = this.#owners.get(owner)
    ids?.delete(id)
    if (ids?.size === 0) this.#owners.delete(owner)
  }

  /** Makes it the most recently used. */
  #renew(entry: Entry): void {
    this.#unlink(entry)
    this.#append(entry)
  }

  #append(entry: Entry): void {
    entry.older = this.#end.older
    entry.newer = this.#end
    entry.older.newer = this.#end.older = entry
  }

  #unlink(entry: Entry): void {
    if (this.#cursor === entry) this.#cursor = entry.newer
    entry.older.newer = entry.newer
    entry.newer.older = entry.older
  }

  /** Drops expired sessions from this one on: the more there are, the longer it goes on. Returns where it stopped. */
  #sweep(entry: Entry): Entry {
    const now = this.#now()
    let looks = LOOKS
    for (let seen = 0; seen < Math.min(looks, MAX_LOOKS); seen++) {
      const { newer } = entry
      if (entry.expiresAt <= now) {
        this.#remove(entry)
        looks += LOOKS_PER_FIND
      }
      entry = newer
    }
    return entry
  }
}

function idOf(cursor: string | undefined): string | undefined {
  if (cursor === undefined || cursor.startsWith(CURSOR)) return cursor?.slice(CURSOR.length)
  throw new TypeError('MemoryStore.list: the cursor is not one that this store gave')
}

function infoOf({ id, owner, createdAt, expiresAt, meta }: Entry): StoredInfo {
  return { id, owner, createdAt, expiresAt, meta }
}

function smallestIds(entries: Entry[], count: number): Entry[] {
  return entries.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, count)
}
