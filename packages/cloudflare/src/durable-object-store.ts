import type { SessionRecord, SessionStore, StoredInfo } from '@fetch-sessions/core'
import { checkBinding } from './binding.js'
import type {
  IndexedOwner,
  SessionObjectNamespace,
  SessionObjectStub,
  SessionReply,
  WriteReply,
} from './object-protocol.js'
import { checkOptions } from './options.js'

/** Options of `durableObjectStore`. */
export interface DurableObjectStoreOptions {
  /**
   * What the names of the objects begin with. Default none. Managers whose owners mean different people, such as users
   * and admins, need different ones in one namespace.
   */
  prefix?: string
}

/** The longest name that an object is told is its own, in bytes. */
const MAX_NAME = 1024
/** How many sessions of an owner are removed before the index hears of it: a Worker may make 50 calls in all. */
const BATCH = 20
/** How often an owner's index is looked at, if there are sessions in it each time that were not there before. */
const MAX_LOOKS = 20
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
 * @throws TypeError if the namespace is none, or an option can't work
 *
 * @example
 * ```ts
 * export { SessionObject } from '@fetch-sessions/cloudflare/durable-object'
 *
 * withSession(handler, (env) => ({ store: durableObjectStore(env.SESSIONS), secret: env.SESSION_SECRET }))
 * ```
 */
export function durableObjectStore(
  namespace: SessionObjectNamespace,
  options: DurableObjectStoreOptions = {},
): DurableObjectStore {
  return new DurableObjectStore(namespace, options)
}

/** What `durableObjectStore` makes. */
export class DurableObjectStore implements SessionStore {
  /** An object keeps 2 MB. A text with any character beyond Latin-1 takes two bytes for each. */
  readonly limits: { readonly dataBytes: number; readonly ownerBytes: number }
  readonly #namespace: SessionObjectNamespace
  readonly #prefix: string
  #now: () => number = () => Date.now()

  constructor(namespace: SessionObjectNamespace, options: DurableObjectStoreOptions) {
    checkOptions('durableObjectStore', options, ['prefix'])
    const { prefix = '' } = options
    if (typeof prefix !== 'string') throw new TypeError('fetch-sessions: durableObjectStore: prefix must be a string')
    checkBinding('durableObjectStore takes the binding of a namespace of Durable Objects', namespace, ['getByName'])
    this.#namespace = namespace
    this.#prefix = prefix
    const ownerBytes = MAX_NAME - new TextEncoder().encode(`${prefix}owner:`).length
    this.limits = { dataBytes: 1_000_000, ownerBytes: Math.max(0, ownerBytes) }
  }

  /** Sets the clock that lifetimes are reckoned with, in milliseconds since the epoch. */
  useClock(now: () => number): void {
    this.#now = now
  }

  /** One round trip. */
  async load(id: string): Promise<SessionRecord | undefined> {
    const { record } = await this.#ask(id, (session) => session.load(id))
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
    return (await this.#ask(id, (session) => session.create(id, record, lifetime, indexed))).written
  }

  /** One round trip; a new owner costs up to three more. */
  update(id: string, record: SessionRecord): Promise<boolean> {
    const lifetime = this.#lifetime(record.expiresAt)
    const { version } = record
    return this.#write(id, lifetime, version, (session, indexed) => session.update(id, record, lifetime, indexed))
  }

  /** One round trip; two more when the entry in the owner's index has to be renewed, which is seldom. */
  touch(id: string, expiresAt: number, version: number): Promise<boolean> {
    const lifetime = this.#lifetime(expiresAt)
    return this.#write(id, lifetime, version, (session, indexed) =>
      session.touch(id, expiresAt, version, lifetime, indexed),
    )
  }

  /** One round trip; two with an owner. */
  async delete(id: string): Promise<boolean> {
    const { removed, owner } = await this.#ask(id, (session) => session.remove(id, undefined))
    if (owner !== undefined) await this.#removeFromIndex(owner, [id])
    return removed
  }

  /** Two round trips: the index, then all its sessions at once. A third, when some of them are there no more. */
  async listByOwner(owner: string): Promise<StoredInfo[]> {
    const now = this.#now()
    const ids = await this.#idsOf(owner)
    const records = await Promise.all(ids.map((id) => this.load(id)))
    const missing = ids.filter((_, i) => records[i]?.owner !== owner)
    if (missing.length > 0) await this.#settle(owner, [], missing).catch(() => undefined)
    return ids.flatMap((id, i) => {
      const record = records[i]
      if (record === undefined || record.owner !== owner || record.expiresAt <= now) return []
      const { createdAt, expiresAt, meta } = record
      return [{ id, owner, createdAt, expiresAt, meta }]
    })
  }

  /**
   * The index, then twenty sessions at once and the index again, until the index shows none that is new. A session that is
   * regenerated meanwhile is followed by another, which is in the index before the former leaves it: if we come too late
   * for the former, we find the latter at the next look.
   *
   * A call that fails half-way has removed what it could, and the next one goes on from there.
   *
   * @throws Error if there are new sessions again and again
   */
  async deleteByOwner(owner: string, exceptId?: string): Promise<number> {
    const asked = new Map<string, number>()
    // Who was in the index and not there yet is there at the second time, if it follows a session that was left out.
    const isDue = (id: string): boolean => id !== exceptId && (asked.get(id) ?? 0) < 2
    let count = 0
    for (let look = 0; look < MAX_LOOKS; look++) {
      const ids = (await this.#idsOf(owner)).filter(isDue)
      if (ids.length === 0) return count
      for (const id of ids) asked.set(id, (asked.get(id) ?? 0) + 1)
      count += await this.#removeAll(ids, owner)
    }
    throw new Error(
      `fetch-sessions: durableObjectStore: this owner got new sessions each of the ${MAX_LOOKS} times that we looked. ${count} were ` +
        'removed; keep the owner from signing in, and call again.',
    )
  }

  /** In batches. One that fails does not keep the others from being removed. How many were there, and the owner's. */
  async #removeAll(ids: readonly string[], owner: string): Promise<number> {
    const failures: unknown[] = []
    let count = 0
    for (let i = 0; i < ids.length; i += BATCH) {
      const batch = ids.slice(i, i + BATCH)
      const removals = await Promise.allSettled(
        batch.map((id) => this.#ask(id, (session) => session.remove(id, owner))),
      )
      const those = (removed: boolean) =>
        batch.filter((_, j) => {
          const removal = removals[j]
          return removal?.status === 'fulfilled' && removal.value.removed === removed
        })
      const removed = those(true)
      count += removed.length
      const settled = await Promise.allSettled([this.#settle(owner, removed, those(false))])
      for (const outcome of [...removals, ...settled]) if (outcome.status === 'rejected') failures.push(outcome.reason)
    }
    if (failures.length > 0) throw failures[0]
    return count
  }

  #session(id: string): SessionObjectStub {
    return this.#object(`session:${id}`)
  }

  #owner(owner: string): SessionObjectStub {
    return this.#object(`owner:${owner}`)
  }

  #object(name: string): SessionObjectStub {
    const object = this.#namespace.getByName(this.#prefix + name)
    if (typeof object.load === 'function') return object
    throw new Error(
      'fetch-sessions: durableObjectStore: no method can be called: set compatibility_date to 2024-04-03 or later',
    )
  }

  #lifetime(expiresAt: number): number {
    return Math.max(0, expiresAt - this.#now())
  }

  /** @throws Error if the answer is about another session */
  async #ask<Reply extends SessionReply>(
    id: string,
    call: (session: SessionObjectStub) => Promise<Reply>,
  ): Promise<Reply> {
    const reply = await call(this.#session(id))
    if (reply.id === id) return reply
    throw new Error(
      `fetch-sessions: durableObjectStore: asked for session ${id}, the answer is about another one, and nothing was taken from it. Check ` +
        'what stands between the store and the namespace.',
    )
  }

  async #idsOf(owner: string): Promise<string[]> {
    const reply = await this.#owner(owner).listIndex(owner)
    if (reply.owner === owner) return [...reply.ids]
    throw new Error(
      'fetch-sessions: durableObjectStore: asked for the sessions of one owner, the answer is about another one',
    )
  }

  /** Writes; when the session says so, to its owner's index first. Again if it got another owner meanwhile. */
  async #write(
    id: string,
    lifetime: number,
    version: number,
    write: (session: SessionObjectStub, indexed: IndexedOwner | undefined) => Promise<WriteReply>,
  ): Promise<boolean> {
    let indexed: IndexedOwner | undefined
    while (true) {
      const { written, unindexed, formerOwner } = await this.#ask(id, (session) => write(session, indexed))
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

  /** Takes from the index what was removed, and what is not there and is not about to be. */
  #settle(owner: string, removed: string[], missing: string[]): Promise<void> {
    return this.#owner(owner).settleIndex(removed, missing)
  }

  /** The session itself is written already: a failure here must not look like one of that. The entry expires. */
  async #removeFromIndex(owner: string, ids: string[], beforeVersion = Number.POSITIVE_INFINITY): Promise<void> {
    await this.#owner(owner)
      .removeFromIndex(ids, beforeVersion)
      .catch(() => undefined)
  }
}
