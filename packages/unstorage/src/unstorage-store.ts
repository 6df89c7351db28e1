import type { SessionRecord, SessionStore } from '@fetch-sessions/core'
import { recordOf } from './stored-record.js'
import { Turns } from './turns.js'

/** What the store uses of an unstorage `Storage`, which fits as it is, and so does what `prefixStorage` makes of one. */
export interface KeyValueStorage {
  getItem(key: string): Promise<unknown>
  setItem(key: string, value: SessionRecord, options: { ttl: number }): Promise<unknown>
  hasItem(key: string): Promise<boolean>
  removeItem(key: string): Promise<unknown>
  getKeys(base: string): Promise<string[]>
}

export interface UnstorageStoreOptions {
  /** What the keys begin with: words of letters, digits, `-` and `_`, with colons between them. Default `session`. */
  prefix?: string
}

/** How often a record that reads as broken is read again, and how long that waits each time, in milliseconds. */
const MAX_READS = 5
const READ_PAUSE = 10

/** How often a record is removed that keeps coming back. */
const MAX_REMOVALS = 5

/**
 * Keeps sessions in any unstorage driver. unstorage can't compare-and-set, so neither can this store: of two requests
 * that change one session at the same moment, the last one wins.
 *
 * @throws TypeError if `prefix` is empty or holds characters that unstorage gives a meaning to
 *
 * @example
 * const store = unstorageStore(createStorage({ driver: redisDriver({ url }) }))
 */
export function unstorageStore(storage: KeyValueStorage, options: UnstorageStoreOptions = {}): UnstorageStore {
  return new UnstorageStore(storage, options)
}

export class UnstorageStore implements SessionStore {
  /** unstorage can't compare-and-set. */
  readonly atomic = false as const
  readonly #storage: KeyValueStorage
  readonly #prefix: string
  /** Writes of one session line up: the `fs` driver would mix two that it makes at once, into neither. */
  readonly #turns: Turns = new Turns()
  #now: () => number = Date.now

  constructor(storage: KeyValueStorage, { prefix = 'session' }: UnstorageStoreOptions) {
    if (!/^[\w-]+(:[\w-]+)*:?$/.test(prefix)) {
      throw new TypeError('prefix: must be words of letters, digits, "-" and "_", with ":" between them')
    }
    this.#storage = storage
    this.#prefix = prefix.replace(/:$/, '')
  }

  /** Sets the clock that the driver's expiry is reckoned with, in milliseconds since the epoch. */
  useClock(now: () => number): void {
    this.#now = now
  }

  /** One call of the driver. */
  load(id: string): Promise<SessionRecord | undefined> {
    return this.#read(this.#keyOf(id))
  }

  /** Two calls of the driver. */
  create(id: string, record: SessionRecord): Promise<boolean> {
    const key = this.#keyOf(id)
    return this.#turns.take(key, async () => !(await this.#storage.hasItem(key)) && this.#write(key, record))
  }

  /** Two calls of the driver. */
  update(id: string, record: SessionRecord): Promise<boolean> {
    return this.#replace(id, (stored) => (stored.version === record.version - 1 ? record : undefined))
  }

  /** Two calls of the driver. */
  touch(id: string, expiresAt: number): Promise<boolean> {
    return this.#replace(id, (stored) => ({ ...stored, expiresAt }))
  }

  /**
   * Three calls of the driver: what is there is removed and looked for again, since some drivers keep silent about a
   * removal that failed.
   *
   * @throws Error if the record can't be removed
   */
  delete(id: string): Promise<boolean> {
    return this.#remove(this.#keyOf(id))
  }

  /** Reads every session, one after the other, until `limit` are removed: for drivers without an expiry of their own. */
  async deleteExpired(now: number, limit: number): Promise<number> {
    let count = 0
    for (const key of await this.#storage.getKeys(this.#prefix)) {
      if (count >= limit) break
      const record = await this.#read(key)
      if (record !== undefined && record.expiresAt <= now && (await this.#remove(key))) count++
    }
    return count
  }

  /** Removes every key under the prefix and nothing else, unlike unstorage's own `clear`. */
  async clear(): Promise<void> {
    for (const key of await this.#storage.getKeys(this.#prefix)) await this.#remove(key)
  }

  /**
   * File systems may not tell upper case from lower case, but ids do: each capital becomes `_` and the small letter, and
   * `_` becomes `__`.
   */
  #keyOf(id: string): string {
    return `${this.#prefix}:${id.replace(/[A-Z_]/g, (character) => `_${character.toLowerCase()}`)}`
  }

  async #read(key: string): Promise<SessionRecord | undefined> {
    for (let reads = 1; ; reads++) {
      const value = await this.#storage.getItem(key)
      const record = recordOf(value)
      const isMissing = value === null || value === undefined
      if (record !== undefined || isMissing || reads === MAX_READS) return record
      await new Promise((resolve) => setTimeout(resolve, READ_PAUSE))
    }
  }

  #replace(id: string, next: (stored: SessionRecord) => SessionRecord | undefined): Promise<boolean> {
    const key = this.#keyOf(id)
    return this.#turns.take(key, async () => {
      const stored = await this.#read(key)
      const record = stored && next(stored)
      return record !== undefined && this.#write(key, record)
    })
  }

  /** As an object, which unstorage makes JSON of: texts that look like numbers or JSON stay texts inside it. */
  async #write(key: string, record: SessionRecord): Promise<boolean> {
    // Rounded up, since a driver must not drop a live record. Core checks the expiry itself.
    const ttl = Math.max(1, Math.ceil((record.expiresAt - this.#now()) / 1000))
    await this.#storage.setItem(key, record, { ttl })
    return true
  }

  #remove(key: string): Promise<boolean> {
    return this.#turns.take(key, async () => {
      if (!(await this.#storage.hasItem(key))) return false
      for (let removals = 0; removals < MAX_REMOVALS; removals++) {
        await this.#storage.removeItem(key)
        // Also finds what a writer in another process has put back.
        if (!(await this.#storage.hasItem(key))) return true
      }
      throw new Error('unstorage: the session is still there after it was removed. Is the storage read-only?')
    })
  }
}
