import { invalidOption } from './option-error.js'
import type { SessionInfo, SessionRecord, SessionStore } from './store.js'

export interface MemoryStoreOptions {
  /** When more sessions than this are kept, the least recently used goes first. Default 100 000. */
  maxSessions?: number
  /** Milliseconds since the epoch. Default: the manager's clock, else Date.now. */
  now?: () => number
}

/** How many sessions one call looks at to find expired ones, at the least used end and anywhere. */
const SWEEP_OLDEST = 1000
const SWEEP_ANYWHERE = 4

/**
 * Keeps sessions in this process: for one process, for tests, and as the near store of `cachedStore`. They are gone
 * when it ends. Bounded; expired sessions are dropped bit by bit with each new one, without a timer.
 */
export class MemoryStore implements SessionStore {
  readonly #maxSessions: number
  /** Least recently used first. */
  readonly #records: Map<string, SessionRecord> = new Map()
  readonly #owners: Map<string, Set<string>> = new Map()
  #now: () => number
  readonly #hasOwnClock: boolean
  #cursor: IterableIterator<[string, SessionRecord]> | undefined

  /** @throws TypeError if `maxSessions` is not a whole number above 0 */
  constructor({ maxSessions = 100_000, now }: MemoryStoreOptions = {}) {
    if (!Number.isInteger(maxSessions) || maxSessions < 1)
      throw invalidOption('maxSessions', 'must be a whole number above 0')
    this.#maxSessions = maxSessions
    this.#now = now ?? Date.now
    this.#hasOwnClock = now !== undefined
  }

  /** How many sessions are kept, expired ones that were not dropped yet included. */
  get size(): number {
    return this.#records.size
  }

  useClock(now: () => number): void {
    if (!this.#hasOwnClock) this.#now = now
  }

  load(id: string): SessionRecord | undefined {
    const record = this.#live(id)
    if (record === undefined) return undefined
    this.#records.delete(id)
    this.#records.set(id, record)
    return { ...record }
  }

  create(id: string, record: SessionRecord): boolean {
    if (this.#live(id) !== undefined) return false
    this.#sweep()
    if (this.#records.size >= this.#maxSessions) this.#remove(this.#records.keys().next().value as string)
    this.#put(id, record)
    return true
  }

  update(id: string, record: SessionRecord): boolean {
    const stored = this.#live(id)
    if (stored === undefined || stored.version !== record.version - 1) return false
    this.#remove(id)
    this.#put(id, record)
    return true
  }

  touch(id: string, expiresAt: number): boolean {
    const stored = this.#live(id)
    if (stored === undefined) return false
    stored.expiresAt = expiresAt
    return true
  }

  delete(id: string): boolean {
    const isLive = this.#live(id) !== undefined
    this.#remove(id)
    return isLive
  }

  listByOwner(owner: string): SessionInfo[] {
    const ids = [...(this.#owners.get(owner) ?? [])]
    return ids.flatMap((id) => {
      const record = this.#live(id)
      return record === undefined ? [] : [{ id, owner, createdAt: record.createdAt, expiresAt: record.expiresAt }]
    })
  }

  deleteByOwner(owner: string, exceptId?: string): number {
    const sessions = this.listByOwner(owner).filter(({ id }) => id !== exceptId)
    for (const { id } of sessions) this.#remove(id)
    return sessions.length
  }

  deleteExpired(now: number, limit: number): number {
    let count = 0
    for (const [id, record] of this.#records) {
      if (count >= limit) break
      if (record.expiresAt > now) continue
      this.#remove(id)
      count++
    }
    return count
  }

  clear(): void {
    this.#records.clear()
    this.#owners.clear()
  }

  /** The record, which is dropped if it is expired. */
  #live(id: string): SessionRecord | undefined {
    const record = this.#records.get(id)
    if (record === undefined || this.#now() < record.expiresAt) return record
    this.#remove(id)
    return undefined
  }

  #put(id: string, record: SessionRecord): void {
    this.#records.set(id, { ...record })
    const { owner } = record
    if (owner === undefined) return
    const ids = this.#owners.get(owner)
    if (ids === undefined) this.#owners.set(owner, new Set([id]))
    else ids.add(id)
  }

  #remove(id: string): void {
    const owner = this.#records.get(id)?.owner
    this.#records.delete(id)
    if (owner === undefined) return
    const ids = this.#owners.get(owner)
    ids?.delete(id)
    if (ids?.size === 0) this.#owners.delete(owner)
  }

  /** Drops expired sessions: a run of them at the least used end, where most are, and a few wherever the cursor is. */
  #sweep(): void {
    const now = this.#now()
    let seen = 0
    for (const [id, record] of this.#records) {
      if (record.expiresAt > now || seen++ >= SWEEP_OLDEST) break
      this.#remove(id)
    }
    for (seen = 0; seen < SWEEP_ANYWHERE; seen++) {
      this.#cursor ??= this.#records.entries()
      const { done, value } = this.#cursor.next()
      if (done) this.#cursor = undefined
      else if (value[1].expiresAt <= now) this.#remove(value[0])
      if (done) break
    }
  }
}
