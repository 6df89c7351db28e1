import type { SessionRecord, SessionStore, StoredInfo, StoredPage, StoreLimits } from '@fetch-sessions/core'
import { inBatches, inBatchesDespiteErrors } from './batches.js'
import type { RedisClient } from './clients.js'
import { driverOf, type RedisDriver } from './driver.js'
import { isId, Listing, namesOf } from './listing.js'
import { checkOptions } from './options.js'
import { OWNER, OwnerIndex } from './owner-index.js'
import { code, mark, markedText, markedTexts } from './reply.js'
import { withReplyTimeout } from './reply-timeout.js'
import { isError, type Script } from './script.js'
import { CLEAR, CREATE, DELETE, READ_INFO, READ_RECORD, TOUCH, UPDATE } from './scripts.js'
import { argumentsOf, infoOf, recordOf } from './session-hash.js'

/** Options of `redisStore`. */
export interface RedisStoreOptions {
  /** What every key of this store begins with. Default `session:`. No store's prefix may be the beginning of another's. */
  prefix?: string
  /** Seconds that Redis may take to reply to one command before the call fails. Default 5; `Infinity` for no limit. */
  timeout?: number
  /** Milliseconds since the epoch. Default: the manager's clock, else Date.now. */
  now?: () => number
}

/** A store with compare-and-set, an owner index and lists. */
export interface RedisStore extends SessionStore {
  /** The master is asked, always. What a failover loses is lost, as the README says. */
  readonly consistency: 'strong'
  /** An owner is a part of a key. */
  readonly limits: StoreLimits & { readonly ownerBytes: number }
  load(id: string): Promise<SessionRecord | undefined>
  create(id: string, record: SessionRecord): Promise<boolean>
  update(id: string, record: SessionRecord): Promise<boolean>
  touch(id: string, expiresAt: number, version: number): Promise<boolean>
  delete(id: string): Promise<boolean>
  /**
   * In the order of the ids. Looks at all keys of each master with the first page, and again for about each ten thousand
   * sessions. Each session that lives all the time comes exactly once, unless slots of a cluster move to another master
   * meanwhile: then one may be missing.
   */
  list(cursor: string | undefined, limit: number, now: number): Promise<StoredPage>
  /** Reads only. */
  listByOwner(owner: string): Promise<StoredInfo[]>
  /**
   * Looks at the owner's index until it shows no session that is new.
   *
   * @throws Error if there are new ones after a hundred looks; those before are removed. A session that can't be removed
   *   keeps no other: the first such error is thrown at the end, or sooner if Redis is out of reach
   */
  deleteByOwner(owner: string, exceptId?: string): Promise<number>
  /** Removes the sessions under the prefix, and no other key, on every master of a cluster. */
  clear(): Promise<void>
  useClock(now: () => number): void
}

/**
 * Keeps sessions in Redis or Valkey, on one server or a cluster.
 *
 * @param client of `redis` (a client, a pool, a cluster, a sentinel), `ioredis` (`Redis`, `Cluster`), `@upstash/redis` or
 *   Bun. It stays yours: connect it before, close it when you are done. Where it is still connected to a server that is no
 *   master any more, the store makes it connect anew.
 * @throws TypeError if the client is none of these, or an option can't work
 *
 * @example
 * ```ts
 * import { createClient } from 'redis'
 *
 * const client = createClient({ url: 'redis://localhost:6379' }).on('error', console.error)
 * await client.connect()
 * const store = redisStore(client)
 * ```
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  checkOptions('redisStore', options, ['prefix', 'timeout', 'now'])
  const { prefix = 'session:', timeout = 5, now } = options
  if (typeof prefix !== 'string') throw new TypeError('fetch-sessions: prefix must be a string')
  if (now !== undefined && typeof now !== 'function') {
    throw new TypeError('fetch-sessions: now must be a function that gives milliseconds since the epoch')
  }
  if (typeof timeout !== 'number' || !(timeout > 0))
    throw new TypeError('fetch-sessions: timeout must be a number of seconds above 0')
  return new Store(withReplyTimeout(driverOf(client), timeout), prefix, now)
}

/** How often `deleteByOwner` looks for new sessions. */
const MAX_LOOKS = 100

class Store implements RedisStore {
  readonly consistency = 'strong' as const
  readonly limits: { readonly ownerBytes: number } = { ownerBytes: 4096 }
  readonly #driver: RedisDriver
  readonly #prefix: string
  readonly #index: OwnerIndex
  readonly #listing: Listing
  readonly #hasOwnClock: boolean
  #now: () => number

  constructor(driver: RedisDriver, prefix: string, now: (() => number) | undefined) {
    this.#driver = driver
    this.#prefix = prefix
    this.#now = now ?? (() => Date.now())
    this.#hasOwnClock = now !== undefined
    this.#index = new OwnerIndex(driver, prefix, () => this.#now())
    this.#listing = new Listing(driver, prefix)
  }

  useClock(now: () => number): void {
    if (!this.#hasOwnClock) this.#now = now
  }

  async load(id: string): Promise<SessionRecord | undefined> {
    return recordOf(await this.#read(READ_RECORD, id))
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    const { owner, expiresAt } = record
    const until = owner === undefined ? undefined : this.#index.keepUntil(expiresAt)
    const [reply] = await this.#run(CREATE, id, this.#argumentsOf(record, until))
    const isCreated = code(reply, 0, 1) === 1
    if (!isCreated || owner === undefined || until === undefined) return isCreated
    try {
      await this.#index.enter(owner, id, until)
    } catch (error) {
      // Nobody has its cookie yet, so it would do no harm, but it is of no use either.
      await this.#run(DELETE, id, ['']).catch(() => {})
      throw error
    }
    return true
  }

  async update(id: string, record: SessionRecord): Promise<boolean> {
    const { owner, expiresAt, version } = record
    const write = (until?: number) => this.#run(UPDATE, id, [...this.#argumentsOf(record, until), String(version - 1)])
    const writing = write()
    const renewing = owner === undefined ? undefined : this.#index.renew(owner, id, expiresAt)
    let [outcome, known, before] = await writing.finally(() => renewing)
    if (owner !== undefined && code(outcome, 0, 1, 2) === 2) {
      const until = this.#index.keepUntil(expiresAt, Number(markedText(known)))
      await this.#index.enter(owner, id, until)
      ;[outcome, known, before] = await write(until)
    }
    const ownerBefore = markedText(before)
    if (ownerBefore !== undefined) await this.#index.remove(ownerBefore, [id], Number(markedText(known)))
    return code(outcome, 0, 1) === 1
  }

  async touch(id: string, expiresAt: number, version: number): Promise<boolean> {
    let until = this.#index.keepUntil(expiresAt)
    const move = (entered?: string) =>
      this.#run(TOUCH, id, [
        String(expiresAt),
        this.#lifetime(expiresAt),
        mark(entered),
        String(until),
        String(version),
      ])
    let [outcome, owner, known] = await move()
    const ofOwner = markedText(owner)
    if (ofOwner === undefined) return code(outcome, 0, 1) === 1
    if (code(outcome, 1, 2) === 1) {
      await this.#index.renew(ofOwner, id, expiresAt)
      return true
    }
    until = this.#index.keepUntil(expiresAt, Number(markedText(known)))
    await this.#index.enter(ofOwner, id, until)
    // Its version has one owner only.
    ;[outcome, owner, known] = await move(ofOwner)
    return code(outcome, 0, 1) === 1
  }

  async delete(id: string): Promise<boolean> {
    const [outcome, owner] = await this.#run(DELETE, id, [''])
    const isDeleted = code(outcome, 0, 1) === 1
    const ofOwner = markedText(owner)
    if (ofOwner !== undefined) await this.#index.remove(ofOwner, [id])
    return isDeleted
  }

  async list(cursor: string | undefined, limit: number, now: number): Promise<StoredPage> {
    const page = await this.#listing.page(cursor, limit)
    const infos: (StoredInfo | undefined)[] = []
    await inBatches([...page.ids.entries()], async ([i, id]) => {
      infos[i] = await this.#infoOf(id)
    })
    return {
      entries: infos.filter((info) => info !== undefined && info.expiresAt > now) as StoredInfo[],
      cursor: page.cursor,
    }
  }

  async listByOwner(owner: string): Promise<StoredInfo[]> {
    if (!owner.isWellFormed()) return []
    const infos: StoredInfo[] = []
    await inBatches(await this.#index.idsOf(owner), async (id) => {
      const info = await this.#infoOf(id)
      if (info?.owner === owner && info.expiresAt > this.#now()) infos.push(info)
    })
    return infos
  }

  /**
   * A session that is regenerated meanwhile is followed by another, which is in the index before the former is the
   * owner's no more: if we come too late for the former, we find the latter at the next look.
   */
  async deleteByOwner(owner: string, exceptId?: string): Promise<number> {
    if (!owner.isWellFormed()) return 0
    const seen = new Set([exceptId])
    const unseen = async () => (await this.#index.idsOf(owner)).filter((id) => !seen.has(id))
    let count = 0
    let ids = await unseen()
    for (let looks = 1; ids.length > 0; looks++) {
      if (looks > MAX_LOOKS) {
        throw new Error(`Redis: new sessions of this owner kept coming while ${count} were removed; remove them again`)
      }
      const gone: string[] = []
      const errors = await inBatchesDespiteErrors(ids, async (id) => {
        seen.add(id)
        const [outcome] = await this.#run(DELETE, id, [mark(owner)])
        const isDeleted = code(outcome, 0, 1, 2) === 1
        if (isDeleted) count++
        if (isDeleted || code(outcome, 0, 2) === 0) gone.push(id)
      })
      if (errors.length > 0) {
        await this.#index.remove(owner, gone)
        throw errors[0]
      }
      ;[ids] = await Promise.all([unseen(), this.#index.remove(owner, gone)])
    }
    return count
  }

  async clear(): Promise<void> {
    const owners = new Set<string>()
    for await (const names of namesOf(this.#driver, this.#prefix)) {
      for (const name of names) if (name.startsWith(OWNER)) owners.add(name.slice(OWNER.length))
      await inBatches(names.filter(isId), async (id) => code((await this.#run(CLEAR, id, []))[0], 0, 1))
    }
    await inBatches([...owners], (owner) => this.#tidy(owner))
  }

  /**
   * An index may have an entry of a session that is new by now, so it isn't deleted: what is gone is taken out. What has
   * another type is no index.
   */
  async #tidy(owner: string): Promise<void> {
    const gone: string[] = []
    const ids = await this.#index.idsOf(owner).catch(unlessForeign([]))
    await inBatches(ids, async (id) => {
      if ((await this.#infoOf(id)) === undefined) gone.push(id)
    })
    await this.#index.remove(owner, gone)
  }

  /** `undefined` also of something at a session's key that no store has written. */
  async #infoOf(id: string): Promise<StoredInfo | undefined> {
    const fields = await this.#read(READ_INFO, id).catch(unlessForeign([]))
    return infoOf(id, fields)
  }

  #run(script: Script, id: string, args: readonly string[]): Promise<unknown[]> {
    return script.run(this.#driver, this.#prefix + id, id, args)
  }

  #read(script: Script, id: string): Promise<(string | undefined)[]> {
    return this.#run(script, id, []).then(markedTexts)
  }

  #argumentsOf(record: SessionRecord, indexedUntil: number | undefined): string[] {
    return argumentsOf(record, this.#lifetime(record.expiresAt), indexedUntil)
  }

  /** Milliseconds from now, not a time: the server's clock may be another. */
  #lifetime(expiresAt: number): string {
    return String(Math.min(Math.max(0, Math.ceil(expiresAt - this.#now())), Number.MAX_SAFE_INTEGER))
  }
}

/** What to make of an error: this, if the key has another type than the store's keys have. */
function unlessForeign<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (isError(error) && error.message.includes('WRONGTYPE')) return value
    throw error
  }
}
