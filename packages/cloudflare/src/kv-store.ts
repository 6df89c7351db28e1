import type { SessionRecord, SessionStore, StoredInfo, StoredPage } from '@fetch-sessions/core'
import { checkBinding } from './binding.js'
import { getMany, isTooSoon, type KeyValueNamespace, whenTaken } from './kv-namespace.js'
import {
  ForeignValueError,
  infoOf,
  type KeptRecord,
  metadataOf,
  ownRecord,
  readEnd,
  readRecord,
  readUse,
  writeEnd,
  writeRecord,
  writeUse,
} from './kv-values.js'
import { checkOptions } from './options.js'

/** Options of `kvStore`. */
export interface KVStoreOptions {
  /**
   * What the keys of the sessions begin with. Default `session:`. `used:` and `ended:` stand before it in the keys that
   * tell of a session's last use and of its end.
   */
  prefix?: string
}

/** What this location knows of a session. */
interface Known extends KeptRecord {
  /** Whether the record comes from the note that the session is over. */
  readonly isEnd: boolean
}

const DAY = 86_400_000
/** Seconds. KV refuses to expire anything earlier, or later; core checks the expiry itself. */
const MIN_TTL = 60
const MAX_TTL = 2 ** 31 - 1
/** A record is kept for as many times the session's lifetime, so that few uses have to write it anew, */
const KEEP_FACTOR = 10
/** and no longer than this, in milliseconds, beyond its lifetime. */
const MAX_KEEP_LEAD = 30 * DAY
/** Longer than core lets any session live, in milliseconds: what comes late never outlives the note of its end. */
const END_KEPT = 401 * DAY
/** KV lists no more keys than this at once. */
const MAX_PAGE = 1000
/** What the store's cursors begin with. */
const CURSOR = 'kv:'

/**
 * Keeps sessions in Workers KV, which is eventually consistent: a location may serve what it has read before for 60
 * seconds and more. So a session that was changed, or signed out, in one place may still be served as it was in another,
 * and of two changes at the same moment the last one wins. A sign-out holds everywhere once that time is over; but a
 * session that is given a new id elsewhere within it lives on under that one. For what must be revocable at once, use
 * `durableObjectStore`.
 *
 * A session's record, its last use and its end have a key each. So nothing that is written from an old copy undoes an
 * end, and no mere use undoes a change.
 *
 * KV takes one write per second of one key. A second one waits until it is taken, for a few seconds at most. Only a note
 * of a use is left out then.
 *
 * @throws TypeError if the namespace is none, or an option can't work
 *
 * @example
 * ```ts
 * withSession(handler, (env) => ({ store: kvStore(env.SESSIONS), secret: env.SESSION_SECRET }))
 * ```
 */
export function kvStore(namespace: KeyValueNamespace, options: KVStoreOptions = {}): KVStore {
  return new KVStore(namespace, options)
}

/** What `kvStore` makes. */
export class KVStore implements SessionStore {
  /** KV can't compare-and-set. */
  readonly atomic = false as const
  /** For a minute and more, other locations do not see what was written. */
  readonly consistency = 'eventual' as const
  /** KV takes values of 25 MiB, of which this is left for data. */
  readonly limits: { readonly dataBytes: number } = { dataBytes: 26_000_000 }
  readonly #namespace: KeyValueNamespace
  readonly #prefix: string
  #now: () => number = () => Date.now()

  constructor(namespace: KeyValueNamespace, options: KVStoreOptions) {
    checkOptions('kvStore', options, ['prefix'])
    const { prefix = 'session:' } = options
    if (typeof prefix !== 'string') throw new TypeError('fetch-sessions: kvStore: prefix must be a string')
    checkBinding('kvStore takes the binding of a KV namespace', namespace, ['get', 'put', 'delete', 'list'])
    this.#namespace = namespace
    this.#prefix = prefix
  }

  /** Sets the clock that KV's expiry is reckoned with, in milliseconds since the epoch. */
  useClock(now: () => number): void {
    this.#now = now
  }

  /**
   * Three calls of KV at once.
   * @throws Error if KV answers with the value of another session, or with one that this store did not write
   */
  async load(id: string): Promise<SessionRecord | undefined> {
    return (await this.#read(id))?.record
  }

  /**
   * One call of KV. Always `true`: a look at whether the id exists would let this location remember for a minute that it
   * does not. Core makes ids of 256 random bits, and none twice.
   */
  async create(id: string, record: SessionRecord): Promise<boolean> {
    await whenTaken(() => this.#write(id, record))
    return true
  }

  /** Four calls of KV. */
  async update(id: string, record: SessionRecord): Promise<boolean> {
    if (isEnd(record)) return this.#supersede(id, record)
    const replaced = await whenTaken(async () => {
      const known = await this.#read(id)
      if (known?.record.version !== record.version - 1) return undefined
      await this.#write(id, record)
      return known
    })
    // It went on after all.
    if (replaced?.isEnd) await whenTaken(() => this.#namespace.delete(this.#endKey(id)))
    return replaced !== undefined
  }

  /** Four calls of KV; five when the record has to be written anew to be kept for longer, which is seldom. */
  touch(id: string, expiresAt: number, version: number): Promise<boolean> {
    return whenTaken(async () => {
      const known = await this.#read(id)
      if (known?.record.version !== version) return false
      const record = { ...known.record, expiresAt }
      if (known.isEnd) await this.#noteEnd(id, record)
      else if (expiresAt <= known.keepUntil) await this.#noteUse(id, record, known.keepUntil)
      else await this.#noteUse(id, record, await this.#write(id, record))
      return true
    })
  }

  /** Five calls of KV. What can't be read is removed all the same. */
  async delete(id: string): Promise<boolean> {
    const [known] = await Promise.allSettled([this.#read(id)])
    // Also when there seems to be none: this location may not have heard of it yet.
    await whenTaken(() => this.#noteEnd(id, undefined))
    await whenTaken(() => this.#namespace.delete(this.#key(id)))
    if (known.status === 'fulfilled') return known.value !== undefined
    if (known.reason instanceof ForeignValueError) return true
    throw known.reason
  }

  /**
   * In the order of the ids, as KV knows them by now. One call of KV for the page, and then two at once for every hundred
   * sessions. At most 1000 on a page.
   */
  async list(cursor: string | undefined, limit: number, now: number): Promise<StoredPage> {
    const page = await this.#namespace.list({
      prefix: this.#prefix,
      limit: Math.max(1, Math.min(limit, MAX_PAGE)),
      ...(cursor === undefined ? {} : { cursor: kvCursorOf(cursor) }),
    })
    const keys = page.keys.map(({ name, metadata }) => ({ id: name.slice(this.#prefix.length), metadata }))
    const entries = await this.#infosOf(keys.filter(({ id }) => /^[\w-]{43}$/.test(id)))
    return {
      entries: entries.filter(({ expiresAt }) => expiresAt > now),
      cursor: page.list_complete || page.cursor === undefined ? undefined : CURSOR + page.cursor,
    }
  }

  #key(id: string): string {
    return this.#prefix + id
  }

  #useKey(id: string): string {
    return `used:${this.#prefix}${id}`
  }

  #endKey(id: string): string {
    return `ended:${this.#prefix}${id}`
  }

  async #read(id: string): Promise<Known | undefined> {
    const [text, used, ended] = await Promise.all(
      [this.#key(id), this.#useKey(id), this.#endKey(id)].map((key) => this.#namespace.get(key)),
    )
    if (typeof ended === 'string') {
      const { record } = readEnd(id, ended)
      return record && { record, keepUntil: 0, isEnd: true }
    }
    if (typeof text !== 'string') return undefined
    const { record, keepUntil } = readRecord(id, text)
    return { record: withUse(id, record, used), keepUntil, isEnd: false }
  }

  /** What no late write elsewhere may undo is written in a place of its own, before the record. */
  async #supersede(id: string, record: SessionRecord): Promise<boolean> {
    const isWritten = await whenTaken(async () => {
      const known = await this.#read(id)
      if (known?.record.version !== record.version - 1) return false
      await this.#noteEnd(id, record)
      return true
    })
    if (isWritten) await whenTaken(() => this.#write(id, record))
    return isWritten
  }

  /** What is no session of ours is passed over. */
  async #infosOf(keys: readonly { id: string; metadata: unknown }[]): Promise<StoredInfo[]> {
    const infos = new Map(keys.map(({ id, metadata }) => [id, infoOf(id, metadata)]))
    const ids = [...infos.keys()]
    const bare = ids.filter((id) => infos.get(id) === undefined)
    const [texts, uses, ends] = await Promise.all([
      getMany(this.#namespace, bare, (id) => this.#key(id)),
      getMany(this.#namespace, ids, (id) => this.#useKey(id)),
      getMany(this.#namespace, ids, (id) => this.#endKey(id)),
    ])
    return ids.flatMap((id) => {
      const [text, ended] = [texts.get(id), ends.get(id)]
      const found = infos.get(id) ?? (text === undefined ? undefined : ownRecord(id, text))
      const left = ended === undefined ? found && withUse(id, found, uses.get(id)) : readEnd(id, ended).record
      if (left === undefined) return []
      const { owner, createdAt, expiresAt, meta } = left
      return [{ id, owner, createdAt, expiresAt, meta }]
    })
  }

  /** Returns until when it is kept. */
  async #write(id: string, record: SessionRecord): Promise<number> {
    const now = this.#now()
    const lifetime = Math.max(0, record.expiresAt - now)
    const expirationTtl = secondsOf(Math.min(lifetime * KEEP_FACTOR, lifetime + MAX_KEEP_LEAD))
    const keepUntil = now + expirationTtl * 1000
    await this.#put(this.#key(id), writeRecord(id, { record, keepUntil }), expirationTtl, metadataOf(record))
    return keepUntil
  }

  /**
   * For as long as the record is kept, since it counts as long as that is there. Where KV refuses it, another request has
   * noted a use or changed the session within the last second, which is as good: a page that asks for many things at once
   * notes one.
   */
  async #noteUse(id: string, { version, expiresAt }: SessionRecord, keepUntil: number): Promise<void> {
    const expirationTtl = secondsOf(keepUntil - this.#now() + MIN_TTL * 1000)
    try {
      await this.#put(this.#useKey(id), writeUse(id, { version, expiresAt }), expirationTtl)
    } catch (error) {
      if (!isTooSoon(error)) throw error
    }
  }

  #noteEnd(id: string, record: SessionRecord | undefined): Promise<void> {
    return this.#put(this.#endKey(id), writeEnd(id, { record }), secondsOf(END_KEPT))
  }

  #put(key: string, value: string, expirationTtl: number, metadata?: object): Promise<void> {
    return this.#namespace.put(key, value, metadata === undefined ? { expirationTtl } : { expirationTtl, metadata })
  }
}

/**
 * Without data and without an owner: what core leaves of a session that goes on under another id. An update that takes
 * such a record for its base makes a session of it again.
 */
function isEnd({ data, owner }: SessionRecord): boolean {
  return data === '' && owner === undefined
}

/** A use counts for the version that was used: who has not seen the newest one can't lengthen or shorten it. */
function withUse<Kept extends { version: number; expiresAt: number }>(
  id: string,
  kept: Kept,
  used: string | null | undefined,
): Kept {
  if (typeof used !== 'string') return kept
  const { version, expiresAt } = readUse(id, used)
  return version === kept.version ? { ...kept, expiresAt } : kept
}

function secondsOf(milliseconds: number): number {
  return Math.min(MAX_TTL, Math.max(MIN_TTL, Math.ceil(milliseconds / 1000)))
}

function kvCursorOf(cursor: string): string {
  if (cursor.startsWith(CURSOR)) return cursor.slice(CURSOR.length)
  throw new TypeError('fetch-sessions: kvStore: cursor must be the one of the page before, as `list` gave it')
}
