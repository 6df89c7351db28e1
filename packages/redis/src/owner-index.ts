import type { RedisDriver } from './driver.js'
import { markedTexts } from './reply.js'
import { ENTER, ENTRIES, REMOVE } from './scripts.js'

/**
 * Which sessions an owner may have: a sorted set of ids for each owner. On a cluster it is on another server than the
 * sessions, so no script can change both. What holds instead:
 *
 * - An owner's session that a visitor can use is in the index. A new session is written first and entered before
 *   `create` is over: until then nobody has its cookie. An existing one is entered before it becomes the owner's.
 * - An entry outlives its session: it is kept until a time that the session notes as `indexedUntil`, and a session that
 *   is to live longer is entered anew first. That time lies as far again behind the session's expiry, so that most
 *   updates and touches have nothing to do here.
 * - An entry is removed only when its session was there and is gone, since ids do not come again. A session that has
 *   another owner by now stays: it may be on its way back. Whoever reads the index looks at the sessions themselves.
 */
export class OwnerIndex {
  readonly #driver: RedisDriver
  readonly #prefix: string
  readonly #now: () => number

  /** `prefix` is the text before the owner in a key of the index. */
  constructor(driver: RedisDriver, prefix: string, now: () => number) {
    this.#driver = driver
    this.#prefix = prefix
    this.#now = now
  }

  /** How long a session with that expiry is to be kept in the index. Milliseconds since the epoch, as `expiresAt`. */
  keepUntil(expiresAt: number): number {
    return Math.ceil(expiresAt + Math.max(0, expiresAt - this.#now()))
  }

  async enter(owner: string, id: string, until: number): Promise<void> {
    await ENTER.run(this.#driver, this.#prefix + owner, [id, String(until), String(this.#now())])
  }

  /** The ids of sessions that may be the owner's. */
  async idsOf(owner: string): Promise<string[]> {
    const ids = markedTexts(await ENTRIES.run(this.#driver, this.#prefix + owner, [String(this.#now())]))
    return ids.filter((id) => id !== undefined)
  }

  /** Only for ids whose session was there and is gone. An entry that stays is no harm, so this does not fail. */
  async remove(owner: string, ids: string[]): Promise<void> {
    if (ids.length > 0) await REMOVE.run(this.#driver, this.#prefix + owner, ids).catch(() => {})
  }
}
