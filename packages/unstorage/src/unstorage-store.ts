import type { SessionRecord, SessionStore, StoredPage } from '@fetch-sessions/core'
import { idOf, isId, keyOf } from './keys.js'
import { checkOptions } from './options.js'
import { type Found, foundIn, type StoredSession } from './stored-record.js'
import { Turns } from './turns.js'

/** What the store uses of an unstorage `Storage`, which fits as it is, and so does what `prefixStorage` makes of one. */
export interface KeyValueStorage {
  getItem(key: string): Promise<unknown>
  setItem(key: string, value: StoredSession, options: { ttl: number }): Promise<unknown>
  removeItem(key: string): Promise<unknown>
  getKeys(base: string): Promise<string[]>
  /** When an item was written last, if the driver knows: `mtime` of what this gives or promises. */
  getMeta?(key: string): unknown
}

/** Options of `unstorageStore`. */
export interface UnstorageStoreOptions {
  /** What the keys begin with: words of letters, digits, `-` and `_`, with colons between them. Default `session`. */
  prefix?: string
  /** `eventual` for a driver that may give what was there before a write, such as Cloudflare KV. Default `strong`. */
  consistency?: 'strong' | 'eventual'
}

/** How often a record that reads as broken is read again, and how long that waits each time, in milliseconds. */
const MAX_READS = 5
const READ_PAUSE = 10

/** How long nobody has to have written to a broken record until it is swept, in milliseconds. */
const BROKEN_AGE = 1000

/** How often a record is removed that keeps coming back. */
const MAX_REMOVALS = 5

/** Some 68 years, the most that every engine takes. Seconds. */
const MAX_TTL = 2_147_483_647

/**
 * Keeps sessions in any unstorage driver. unstorage can't compare-and-set, so neither can this store: of two requests
 * that change one session at the same moment, the last one wins.
 *
 * @throws TypeError if it is no storage, or if `prefix` is empty or holds characters that unstorage gives a meaning to
 *
 * @example
 * ```ts
 * const store = unstorageStore(createStorage({ driver: redisDriver({ url }) }))
 * ```
 */
export function unstorageStore(storage: KeyValueStorage, options: UnstorageStoreOptions = {}): UnstorageStore {
  return new UnstorageStore(storage, options)
}

/** What `unstorageStore` makes. */
export class UnstorageStore implements SessionStore {
  /** unstorage can't compare-and-set. */
  readonly atomic = false as const
  /** As the option says: the driver decides, and does not tell. */
  readonly consistency: 'strong' | 'eventual'
  readonly #storage: KeyValueStorage
  readonly #prefix: string
  /** Writes of one session line up: the `fs` driver would mix two that it makes at once, into neither. */
  readonly #turns: Turns = new Turns()
  #now: () => number = () => Date.now()

  constructor(storage: KeyValueStorage, options: UnstorageStoreOptions) {
    checkOptions('unstorageStore', options, ['prefix', 'consistency'])
    const { prefix = 'session', consistency = 'strong' } = options
    if (typeof prefix !== 'string' || !/^[\w-]+(:[\w-]+)*:?$/.test(prefix)) {
      throw new TypeError(
        'fetch-sessions: unstorageStore: prefix must be words of letters, digits, "-" and "_", with ":" between them',
      )
    }
    if (consistency !== 'strong' && consistency !== 'eventual') {
      throw new TypeError('fetch-sessions: unstorageStore: consistency must be "strong" or "eventual"')
    }
    checkStorage(storage)
    this.#storage = storage
    this.#prefix = `${prefix.replace(/:$/, '')}:`
    this.consistency = consistency
  }

  /** Sets the clock that the driver's expiry is reckoned with, in milliseconds since the epoch. */
  useClock(now: () => number): void {
    this.#now = now
  }

  /**
   * One call of the driver.
   * @throws Error if the driver gives the session of another id, or a value that no store has written
   */
  load(id: string): Promise<SessionRecord | undefined> {
    return this.#read(id)
  }

  /** Two calls of the driver. */
  create(id: string, record: SessionRecord): Promise<boolean> {
    return this.#turns.take(id, async () => known(await this.#find(id)).state === 'missing' && this.#write(id, record))
  }

  /** Two calls of the driver. */
  update(id: string, record: SessionRecord): Promise<boolean> {
    return this.#replace(id, record.version - 1, () => record)
  }

  /** Two calls of the driver. */
  touch(id: string, expiresAt: number, version: number): Promise<boolean> {
    return this.#replace(id, version, (stored) => ({ ...stored, expiresAt }))
  }

  /**
   * Three calls of the driver: what is there is removed and looked for again, since some drivers keep silent about a
   * removal that failed.
   *
   * @throws Error if the record can't be removed, or can't be looked for
   */
  delete(id: string): Promise<boolean> {
    return this.#turns.take(id, async () => {
      const found = await this.#find(id).catch((error: unknown) => ({ state: 'unknown' as const, error }))
      for (let removals = 0; removals < MAX_REMOVALS; removals++) {
        // Also where nothing was found: an answer that was another key's must not leave somebody signed in.
        await this.#storage.removeItem(this.#keyOf(id))
        // Also finds what a writer in another process has put back.
        const left = await this.#find(id)
        if (left.state !== 'missing') continue
        if (found.state === 'unknown') throw found.error
        return found.state !== 'missing'
      }
      throw new Error(
        'fetch-sessions: unstorageStore: the session is still there after it was removed. Is the storage read-only?',
      )
    })
  }

  /**
   * In the order of the keys. Each page lists the keys anew and reads those that are on it. Each session that lives all
   * the time comes exactly once, if the driver lists every key.
   */
  async list(cursor: string | undefined, limit: number, now: number): Promise<StoredPage> {
    if (cursor !== undefined && !isId(cursor)) {
      throw new TypeError('fetch-sessions: the cursor is none that unstorageStore gave: leave it out to begin anew')
    }
    const after = cursor === undefined ? '' : keyOf(cursor)
    const ids = (await this.#ids()).filter((id) => keyOf(id) > after)
    const entries = []
    for (const id of ids.slice(0, limit)) {
      const found = await this.#findWhole(id)
      if (found.state !== 'session' || found.record.expiresAt <= now) continue
      const { owner, createdAt, expiresAt, meta } = found.record
      entries.push({ id, owner, createdAt, expiresAt, meta })
    }
    return { entries, cursor: ids.length > limit ? ids[limit - 1] : undefined }
  }

  /**
   * Reads every session, one after the other, until `limit` are removed: for drivers without an expiry of their own. What
   * a process that was stopped has left half-written is removed as well, when nobody has written to it for a second.
   */
  async deleteExpired(now: number, limit: number): Promise<number> {
    let count = 0
    for (const id of await this.#ids()) {
      if (count >= limit) break
      const found = await this.#findWhole(id)
      const isOver =
        (found.state === 'session' && found.record.expiresAt <= now) ||
        (found.state === 'broken' && (await this.#staysBroken(id)))
      if (isOver && (await this.delete(id))) count++
    }
    return count
  }

  /** Removes every session under the prefix and nothing else, unlike unstorage's own `clear`. */
  async clear(): Promise<void> {
    for (const id of await this.#ids()) {
      const { state } = await this.#find(id)
      if (state !== 'foreign' && state !== 'missing') await this.delete(id)
    }
  }

  #keyOf(id: string): string {
    return this.#prefix + keyOf(id)
  }

  /** Of all keys that are a session's, in the order of the keys. Some drivers give one twice, or those of others. */
  async #ids(): Promise<string[]> {
    const keys = await this.#storage.getKeys(this.#prefix)
    const names = keys.filter((key) => key.startsWith(this.#prefix)).map((key) => key.slice(this.#prefix.length))
    return [...new Set(names)]
      .sort()
      .map(idOf)
      .filter((id) => id !== undefined)
  }

  async #find(id: string): Promise<Found> {
    return foundIn(await this.#storage.getItem(this.#keyOf(id)), id)
  }

  /** What another process is writing is read again until it is whole. */
  async #findWhole(id: string): Promise<Found> {
    for (let reads = 1; ; reads++) {
      const found = await this.#find(id)
      if (found.state !== 'broken' || reads === MAX_READS) return found
      await sleep(READ_PAUSE)
    }
  }

  async #read(id: string): Promise<SessionRecord | undefined> {
    const found = known(await this.#findWhole(id))
    return found.state === 'session' ? found.record : undefined
  }

  /** Whether nobody will write to the end what is broken. */
  async #staysBroken(id: string): Promise<boolean> {
    const meta = (await this.#storage.getMeta?.(this.#keyOf(id))) as { mtime?: unknown } | null | undefined
    const age = meta?.mtime instanceof Date ? Date.now() - meta.mtime.getTime() : 0
    if (age < BROKEN_AGE) await sleep(BROKEN_AGE - Math.max(0, age))
    return (await this.#find(id)).state === 'broken'
  }

  #replace(id: string, version: number, next: (stored: SessionRecord) => SessionRecord): Promise<boolean> {
    return this.#turns.take(id, async () => {
      const stored = await this.#read(id)
      return stored?.version === version && this.#write(id, next(stored))
    })
  }

  /** As an object, which unstorage makes JSON of: texts that look like numbers or JSON stay texts inside it. */
  async #write(id: string, record: SessionRecord): Promise<boolean> {
    // Rounded up, since a driver must not drop a live record. Core checks the expiry itself.
    const ttl = Math.min(Math.max(1, Math.ceil((record.expiresAt - this.#now()) / 1000)), MAX_TTL)
    await this.#storage.setItem(this.#keyOf(id), { id, ...record }, { ttl })
    return true
  }
}

/** @throws TypeError for what lacks one of the methods: it would fail with each request */
function checkStorage(storage: unknown): void {
  const has = (method: string): boolean => typeof (storage as Record<string, unknown> | null)?.[method] === 'function'
  const problem = has('then')
    ? 'a promise: await it'
    : has('hasItem') && !has('mount')
      ? 'a driver: pass createStorage({ driver })'
      : !['getItem', 'setItem', 'removeItem', 'getKeys'].every(has) && 'something else'
  if (problem) throw new TypeError(`fetch-sessions: unstorageStore takes what createStorage() gives; it got ${problem}`)
}

/** @throws Error for what no store has written: it tells nothing of whether there is a session */
function known(found: Found): Found {
  if (found.state !== 'foreign') return found
  throw new Error(
    'fetch-sessions: unstorageStore: the driver gave a value that this store did not write, so it was not believed. See what answers in the ' +
      'place of the engine, such as a proxy, and let nothing else write keys that begin with the prefix of the store',
  )
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
