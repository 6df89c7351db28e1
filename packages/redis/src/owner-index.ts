import { BATCH } from './batches.js'
import type { RedisDriver } from './driver.js'
import { markedTexts, unexpected } from './reply.js'
import type { Script } from './script.js'
import { ENTER, ENTRIES, REMOVE } from './scripts.js'

/** Between the prefix and an owner. No id of a session has a colon. */
export const OWNER = 'owner:'

/** The latest time that is noted, which Redis and its scripts reckon with to the millisecond. */
const LATEST = Number.MAX_SAFE_INTEGER / 2

/**
 * Which sessions an owner may have: a sorted set of ids for each owner. On a cluster it is on another server than the
 * sessions, so no script can change both. What holds instead:
 *
 * - An owner's session that a visitor can use is in the index. A new session is written first and entered before
 *   `create` is over: until then nobody has its cookie. An existing one is entered before it becomes the owner's.
 * - An entry outlives its session: it is kept until a time that the session notes as `indexedUntil`, and a session that
 *   is to live longer is entered anew first. That time lies as far again behind the session's expiry.
 * - A server that takes over from another may lack the last entries. So each write and touch of an owner's session looks
 *   whether it is in the index, beside its own script, and enters it if not.
 * - An entry is removed when its session is gone, since ids do not come again, or is another's or nobody's by now. The
 *   latter may be on its way back: who enters it for that gives it a later time than any before, and who removes it
 *   says up to which time.
 *
 * Whoever reads the index looks at the sessions themselves.
 */
export class OwnerIndex {
  readonly #driver: RedisDriver
  readonly #prefix: string
  readonly #now: () => number

  /** `prefix` is the store's. */
  constructor(driver: RedisDriver, prefix: string, now: () => number) {
    this.#driver = driver
    this.#prefix = prefix
    this.#now = now
  }

  /**
   * How long a session with that expiry is to be kept in the index, and longer than `known`. Milliseconds since the
   * epoch, as `expiresAt`.
   */
  keepUntil(expiresAt: number, known = 0): number {
    const until = Math.ceil(expiresAt + Math.max(0, expiresAt - this.#now()))
    return Math.min(Math.max(until, known + 1), LATEST)
  }

  /** Enters a session that is to be known until then. */
  async enter(owner: string, id: string, until: number): Promise<void> {
    await this.#enter(owner, id, until, until)
  }

  /** Enters a session that is in the index, unless something was lost. That it can't be asked is not the write's fault. */
  async renew(owner: string, id: string, expiresAt: number): Promise<void> {
    const needed = Math.min(expiresAt, LATEST)
    await this.#enter(owner, id, needed, this.keepUntil(expiresAt)).catch(() => {})
  }

  /** The ids of sessions that may be the owner's. */
  async idsOf(owner: string): Promise<string[]> {
    const [ids] = await this.#run(ENTRIES, owner, [String(this.#now())])
    if (!Array.isArray(ids)) throw unexpected()
    return markedTexts(ids).filter((id) => id !== undefined)
  }

  /**
   * Only for ids whose session is gone, or is not the owner's any more since it was noted as known until `known`. An
   * entry that stays is no harm, so this does not fail.
   */
  async remove(owner: string, ids: string[], known: number = Infinity): Promise<void> {
    const until = String(Math.min(known, Number.MAX_VALUE))
    for (let i = 0; i < ids.length; i += BATCH) {
      await this.#run(REMOVE, owner, [until, ...ids.slice(i, i + BATCH)]).catch(() => {})
    }
  }

  async #enter(owner: string, id: string, needed: number, until: number): Promise<void> {
    const now = this.#now()
    const times = [needed, until, now, Math.max(0, Math.ceil(until - now))]
    await this.#run(ENTER, owner, [id, ...times.map(String)])
  }

  #run(script: Script, owner: string, args: string[]): Promise<unknown[]> {
    const name = OWNER + owner
    return script.run(this.#driver, this.#prefix + name, name, args)
  }
}
