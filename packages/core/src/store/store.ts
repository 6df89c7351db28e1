/** A value, or a promise of it. A store that answers synchronously costs no promise. */
export type Awaitable<T> = T | Promise<T>

/** What a store keeps for one session. A store returns it as it got it, field by field. */
export interface SessionRecord {
  /** The codec's text. Opaque to the store. */
  data: string
  /** Milliseconds since the epoch. */
  createdAt: number
  /** Milliseconds since the epoch. The record is dead from that very millisecond on. */
  expiresAt: number
  /** Whose session it is, or `undefined`. */
  owner: string | undefined
  /** 1 at creation, then one more with each `update`. */
  version: number
  /** Core's own notes, such as this session's own lifetime. Opaque to the store, kept as it is. */
  meta?: string | undefined
}

/** One line of a list, as a store gives it. Times are milliseconds since the epoch. */
export interface StoredInfo {
  id: string
  owner: string | undefined
  createdAt: number
  expiresAt: number
  /** The record's `meta`, in which core keeps what a list shows beside this. */
  meta?: string | undefined
}

/** One page of all live sessions. */
export interface StoredPage {
  /** At most as many as were asked for; fewer, or none, do not mean that this is the last page. */
  entries: StoredInfo[]
  /** What the next page is asked for with; `undefined` after the last page. */
  cursor: string | undefined
}

/** What a store can take at most. Core refuses more, before the store does. */
export interface StoreLimits {
  /** Bytes of a record's `data` in UTF-8. */
  dataBytes?: number
  /** Bytes of an owner in UTF-8. */
  ownerBytes?: number
}

/**
 * The store protocol: all that a store's author needs to know.
 *
 * An `id` is 43 characters of `A-Z a-z 0-9 - _`: the hash of a token, never the token itself, so nothing in a store is
 * enough to forge a cookie. Methods may answer synchronously. A record that is handed in or out belongs to the
 * receiver: changing it later must change nothing on the other side. A store never takes an answer for another
 * session's: where a client could mix answers up, it asks for the id back and throws if it is another.
 *
 * An error (a throw or a rejection) means that the store is broken or out of reach, and nothing else. What is merely
 * not there is `undefined` or `false`. Core checks every expiry itself, so a store may return a record that is past its
 * `expiresAt`, and may as well drop it.
 *
 * The suite in `@fetch-sessions/store-testing` tests each sentence on this page.
 */
export interface SessionStore {
  /**
   * `false` if the store can't compare-and-set: two writers at the same moment, and the last one wins.
   * Left out, the store is atomic.
   */
  readonly atomic?: boolean

  /**
   * `eventual`: what was written may not be seen elsewhere for a while, so that a session may still open somewhere after
   * it was destroyed. Left out, each `load` sees every write that was answered before it.
   */
  readonly consistency?: 'strong' | 'eventual'

  /** Whether sessions are in this process alone, and gone when it ends. Core warns of it in production. */
  readonly isProcessLocal?: boolean

  /** Left out, the store takes whatever core gives it. */
  readonly limits?: StoreLimits

  /** The record, or `undefined` if there is none. */
  load(id: string): Awaitable<SessionRecord | undefined>

  /**
   * Writes a new record. `false`, and nothing written, if the id exists. An eventually consistent store need not look: core
   * makes no id twice, and a look may be remembered where the record is to be found next.
   */
  create(id: string, record: SessionRecord): Awaitable<boolean>

  /**
   * Replaces the record, all fields of it, only if the stored version is `record.version - 1`. `false`, and nothing
   * written, if the record is gone or has another version: an update never brings a record back.
   */
  update(id: string, record: SessionRecord): Awaitable<boolean>

  /**
   * Moves `expiresAt`, earlier or later, and nothing else: no new version, no new data. Only if the stored version is
   * `version`. `false`, and nothing written, if the record is gone or newer.
   */
  touch(id: string, expiresAt: number, version: number): Awaitable<boolean>

  /** Removes the record. `false` if there was none, which is no error. */
  delete(id: string): Awaitable<boolean>

  /**
   * Optional. All sessions that live at `now` (milliseconds since the epoch), `limit` at most in one call, in an order of
   * the store's own. `cursor` is what the page before gave, and `undefined` for the first. Following it to the end shows
   * each session that lived all that time exactly once, whatever is written meanwhile. A cursor that the store did not
   * give is an error.
   */
  list?(cursor: string | undefined, limit: number, now: number): Awaitable<StoredPage>

  /** Optional. The live sessions of this owner, in no particular order. An unknown owner has none. */
  listByOwner?(owner: string): Awaitable<StoredInfo[]>

  /**
   * Optional. Removes all sessions of this owner but `exceptId`. How many that were. A session that is replaced meanwhile,
   * by a `create` under a new id and then an `update` that takes the owner from the old one, leaves none behind.
   */
  deleteByOwner?(owner: string, exceptId?: string): Awaitable<number>

  /**
   * Optional. Removes at most `limit` records whose `expiresAt` is `now` or earlier (milliseconds since the epoch),
   * and no other. How many that were.
   */
  deleteExpired?(now: number, limit: number): Awaitable<number>

  /** Optional. Removes every session. No error if there is none. */
  clear?(): Awaitable<void>

  /**
   * Optional. Called once by a manager that was given a clock of its own (`now`, milliseconds since the epoch), for a
   * store that looks at the time itself. A store that was given a clock directly keeps that one.
   */
  useClock?(now: () => number): void
}
