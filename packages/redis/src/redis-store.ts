import type { StoredInfo, SessionRecord, SessionStore } from '@fetch-sessions/core'
import type { RedisClient } from './clients.js'
import { driverOf, escapeGlob, type RedisDriver } from './driver.js'
import { OwnerIndex } from './owner-index.js'
import { code, mark, markedText, markedTexts } from './reply.js'
import { withReplyTimeout } from './reply-timeout.js'
import type { Script } from './script.js'
import { CREATE, DELETE, READ, TOUCH, UNLINK, UPDATE } from './scripts.js'
import { argumentsOf, RECORD_FIELDS, recordOf } from './session-hash.js'

export interface RedisStoreOptions {
  /** What every key of this store begins with. Default `session:`. No store's prefix may be the beginning of another's. */
  prefix?: string
  /** Seconds that Redis may take to reply to one command before the call fails. Default 5; `Infinity` for no limit. */
  timeout?: number
  /** Milliseconds since the epoch. Default: the manager's clock, else Date.now. */
  now?: () => number
}

/** A store with compare-and-set and an owner index. */
export interface RedisStore extends SessionStore {
  load(id: string): Promise<SessionRecord | undefined>
  create(id: string, record: SessionRecord): Promise<boolean>
  update(id: string, record: SessionRecord): Promise<boolean>
  touch(id: string, expiresAt: number): Promise<boolean>
  delete(id: string): Promise<boolean>
  listByOwner(owner: string): Promise<StoredInfo[]>
  deleteByOwner(owner: string, exceptId?: string): Promise<number>
  /** Removes the sessions under the prefix, and no other key, on every master of a cluster. */
  clear(): Promise<void>
  useClock(now: () => number): void
}

/**
 * Keeps sessions in Redis or Valkey, on one server or a cluster.
 *
 * @param client of `redis` (a client, a pool, a cluster), `ioredis` (`Redis`, `Cluster`), `@upstash/redis` or Bun. It
 *   stays yours: connect it before, close it when you are done.
 * @throws TypeError if the client is none of these, or an option can't work
 *
 * @example
 * import { createClient } from 'redis'
 *
 * const client = createClient({ url: 'redis://localhost:6379' }).on('error', console.error)
 * await client.connect()
 * const store = redisStore(client)
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  const { prefix = 'session:', timeout = 5, now } = options
  if (typeof prefix !== 'string') throw new TypeError('fetch-sessions: prefix must be a string')
  if (!(timeout > 0)) throw new TypeError('fetch-sessions: timeout must be a number of seconds above 0')
  return new Store(withReplyTimeout(driverOf(client), timeout), prefix, now)
}

/** Between the prefix and an owner. No id of a session has a colon. */
const OWNER = 'owner:'

/** An id of a session. */
const ID = /^[\w-]{43}$/

/** How many sessions are asked for at once. */
const BATCH = 500

class Store implements RedisStore {
  readonly #driver: RedisDriver
  readonly #prefix: string
  readonly #index: OwnerIndex
  readonly #hasOwnClock: boolean
  #now: () => number

  constructor(driver: RedisDriver, prefix: string, now: (() => number) | undefined) {
    this.#driver = driver
    this.#prefix = prefix
    this.#now = now ?? Date.now
    this.#hasOwnClock = now !== undefined
    this.#index = new OwnerIndex(driver, prefix + OWNER, () => this.#now())
  }

  useClock(now: () => number): void {
    if (!this.#hasOwnClock) this.#now = now
  }

  async load(id: string): Promise<SessionRecord | undefined> {
    return recordOf(await this.#read(id, RECORD_FIELDS))
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    const { owner, expiresAt } = record
    const until = owner === undefined ? undefined : this.#index.keepUntil(expiresAt)
    const isCreated = code(await this.#run(CREATE, id, this.#argumentsOf(record, until)), 0, 1) === 1
    if (!isCreated || owner === undefined || until === undefined) return isCreated
    try {
      await this.#index.enter(owner, id, until)
    } catch (error) {
      // Nobody has its cookie yet, so it would do no harm, but it is of no use either.
      await this.#run(UNLINK, id, []).catch(() => {})
      throw error
    }
    return true
  }

  async update(id: string, record: SessionRecord): Promise<boolean> {
    const { owner, expiresAt, version } = record
    const write = async (until?: number) =>
      code(await this.#run(UPDATE, id, [...this.#argumentsOf(record, until), String(version - 1)]), 0, 1, 2)
    let outcome = await write()
    if (outcome === 2 && owner !== undefined) {
      const until = this.#index.keepUntil(expiresAt)
      await this.#index.enter(owner, id, until)
      outcome = await write(until)
    }
    return outcome === 1
  }

  async touch(id: string, expiresAt: number): Promise<boolean> {
    const until = this.#index.keepUntil(expiresAt)
    const move = (indexedOwner?: string) =>
      this.#run(TOUCH, id, [String(expiresAt), this.#lifetime(expiresAt), mark(indexedOwner), String(until)])
    let reply = await move()
    // More than once only if the owner changes meanwhile.
    for (let owner = markedText(reply); owner !== undefined; owner = markedText(reply)) {
      await this.#index.enter(owner, id, until)
      reply = await move(owner)
    }
    return code(reply, 0, 1) === 1
  }

  async delete(id: string): Promise<boolean> {
    const reply = await this.#run(DELETE, id, [''])
    const owner = markedText(reply)
    if (owner === undefined) return code(reply, 0, 1) === 1
    await this.#index.remove(owner, [id])
    return true
  }

  async listByOwner(owner: string): Promise<StoredInfo[]> {
    const ids = await this.#index.idsOf(owner)
    const infos: StoredInfo[] = []
    const gone: string[] = []
    await inBatches(ids, async (id) => {
      const [version, createdAt, expiresAt, itsOwner] = await this.#read(id, [
        'version',
        'createdAt',
        'expiresAt',
        'owner',
      ])
      if (version === undefined) gone.push(id)
      else if (itsOwner === owner && Number(expiresAt) > this.#now())
        infos.push({ id, owner, createdAt: Number(createdAt), expiresAt: Number(expiresAt) })
    })
    await this.#index.remove(owner, gone)
    return infos
  }

  /**
   * Until the index shows no session that is new. One that is regenerated meanwhile is followed by another, which is in
   * the index before the former is deleted: if we come too late for the former, we find the latter at the next look.
   */
  async deleteByOwner(owner: string, exceptId?: string): Promise<number> {
    const seen = new Set([exceptId])
    const unseen = async () => (await this.#index.idsOf(owner)).filter((id) => !seen.has(id))
    let count = 0
    for (let ids = await unseen(); ids.length > 0; ) {
      const gone: string[] = []
      await inBatches(ids, async (id) => {
        seen.add(id)
        const reply = await this.#run(DELETE, id, [mark(owner)])
        const isDeleted = markedText(reply) !== undefined
        if (isDeleted) count++
        if (isDeleted || code(reply, 0, 2) === 0) gone.push(id)
      })
      ;[ids] = await Promise.all([unseen(), this.#index.remove(owner, gone)])
    }
    return count
  }

  async clear(): Promise<void> {
    // A client of a cluster may know its masters only when it has sent something.
    await this.#read('', ['version'])
    const owners = new Set<string>()
    for await (const keys of this.#driver.scan(`${escapeGlob(this.#prefix)}*`)) {
      const names = keys.map((key) => key.slice(this.#prefix.length))
      for (const name of names) if (name.startsWith(OWNER)) owners.add(name.slice(OWNER.length))
      await inBatches(
        names.filter((name) => ID.test(name)),
        (id) => this.#run(UNLINK, id, []),
      )
    }
    // An index may have an entry of a session that is new by now, so it isn't deleted: whoever reads it empties it.
    await inBatches([...owners], (owner) => this.listByOwner(owner))
  }

  #run(script: Script, id: string, args: string[]): Promise<unknown> {
    return script.run(this.#driver, this.#prefix + id, args)
  }

  async #read(id: string, fields: string[]): Promise<(string | undefined)[]> {
    return markedTexts(await this.#run(READ, id, fields))
  }

  #argumentsOf(record: SessionRecord, indexedUntil: number | undefined): string[] {
    return argumentsOf(record, this.#lifetime(record.expiresAt), indexedUntil)
  }

  /** Milliseconds from now, not a time: the server's clock may be another. */
  #lifetime(expiresAt: number): string {
    return String(Math.ceil(expiresAt - this.#now()))
  }
}

async function inBatches<Item>(items: Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < items.length; i += BATCH) await Promise.all(items.slice(i, i + BATCH).map(work))
}
