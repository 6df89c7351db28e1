import { isPromise } from '../awaitable.js'
import { checkClock, checkTimeout, MAX_COOKIE_AGE, rejectUnknown } from '../option-error.js'
import { BoundedMap } from './bounded-map.js'
import { checkStore } from './check-store.js'
import type { Awaitable, SessionRecord, SessionStore, StoredInfo, StoredPage, StoreLimits } from './store.js'

export interface CachedStoreOptions {
  /**
   * Seconds for which the near store's copy is taken without asking the far store. Default 30. It bounds how long a
   * session that another process changed or destroyed is still served as it was.
   */
  maxStaleness?: number
  /** Milliseconds since the epoch. Default: the manager's clock, else Date.now. */
  now?: () => number
}

/** How many copies and how many deletions are remembered. */
const MAX_REMEMBERED = 100_000

/**
 * A near store (this process's memory) in front of a far one (a database): reads come from the near one, writes go
 * through to the far one, which alone decides whether they succeed. So no update is lost. What this process has seen
 * deleted, it never serves again; what another process deleted, it may serve for `maxStaleness` seconds more. A near store
 * that fails, or takes longer than 0.2 seconds, costs that time and nothing else, and is not
 * asked for copies for the next second.
 *
 * @throws TypeError if one of the two is no store, or an option can't work
 */
export function cachedStore(near: SessionStore, far: SessionStore, options: CachedStoreOptions = {}): SessionStore {
  return new CachedStore(near, far, options)
}

/** How long the near store may take for an answer, and is left alone after one that was late or failed. Milliseconds. */
const MAX_WAIT = 200
const PAUSE = 1000

/** @throws Error if it takes too long */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the near store is late')), MAX_WAIT)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What is known of the near store's copy of a session. Without it, the copy is not taken. */
interface Copy extends Pick<SessionRecord, 'version' | 'owner' | 'expiresAt'> {
  /** When it was so at the earliest, in milliseconds since the epoch. */
  readonly asked: number
}

/** Of a session that was deleted by its id, since no id comes back. */
const FOR_GOOD = Symbol('deleted for good')

/** Of a session that was deleted by its owner: it is there after all if it has become somebody else's in time. */
interface DeletedByOwner {
  readonly owner: string
}

/** When the far store was asked something. */
interface Moment {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly epoch: number
}

class CachedStore implements SessionStore {
  readonly atomic: boolean
  /** Whatever the far store is: a copy is served for a while. */
  readonly consistency = 'eventual' as const
  readonly #near: SessionStore
  readonly #far: SessionStore
  readonly #maxStaleness: number
  #now: () => number
  readonly #hasOwnClock: boolean
  readonly #copies: BoundedMap<Copy> = new BoundedMap(MAX_REMEMBERED)
  /** Ids that are gone, even if an eventually consistent far store still has them. */
  readonly #deleted: BoundedMap<typeof FOR_GOOD | DeletedByOwner> = new BoundedMap(MAX_REMEMBERED)
  /** Moves on when copies are given up: what the far store was asked before that may be out of date, and is not kept. */
  #epoch = 0
  /** When the near store was late or failed the last time, in milliseconds since the epoch. */
  #nearFailed = Number.NEGATIVE_INFINITY
  declare readonly limits?: StoreLimits
  declare list?: (cursor: string | undefined, limit: number, now: number) => Promise<StoredPage>
  declare listByOwner?: (owner: string) => Promise<StoredInfo[]>
  declare deleteByOwner?: (owner: string, exceptId?: string) => Promise<number>
  declare deleteExpired?: (now: number, limit: number) => Promise<number>
  declare clear?: () => Promise<void>

  constructor(near: SessionStore, far: SessionStore, options: CachedStoreOptions) {
    checkStore('cachedStore: near', near)
    checkStore('cachedStore: far', far)
    rejectUnknown('cachedStore: ', options, ['maxStaleness', 'now'])
    const { maxStaleness = 30, now } = options
    checkTimeout('maxStaleness', maxStaleness, MAX_COOKIE_AGE)
    checkClock(now)
    this.#near = near
    this.#far = far
    this.#maxStaleness = maxStaleness * 1000
    // Looked up at each call, for fake timers.
    this.#now = now ?? (() => Date.now())
    this.#hasOwnClock = now !== undefined
    this.atomic = far.atomic ?? true
    if (far.limits) this.limits = far.limits
    // Capabilities are the far store's: what it does not have, this one does not offer.
    if (far.list) this.list = async (...page) => far.list?.(...page) ?? { entries: [], cursor: undefined }
    if (far.listByOwner) this.listByOwner = async (owner) => far.listByOwner?.(owner) ?? []
    if (far.deleteByOwner) this.deleteByOwner = (owner, exceptId) => this.#deleteByOwner(owner, exceptId)
    if (far.deleteExpired) this.deleteExpired = (at, limit) => this.#deleteExpired(at, limit)
    if (far.clear) this.clear = () => this.#clear()
  }

  useClock(now: () => number): void {
    if (!this.#hasOwnClock) this.#now = now
    this.#near.useClock?.(now)
    this.#far.useClock?.(now)
  }

  async load(id: string): Promise<SessionRecord | undefined> {
    if (this.#deleted.get(id) === FOR_GOOD) return undefined
    const asked = this.#moment()
    const known = this.#copies.get(id)
    if (known !== undefined && this.#isFresh(known, asked.time)) {
      const copy = await this.#askNear(() => this.#near.load(id))
      // Neither of another version, nor given up while the near store answered.
      if (copy?.version === known.version && this.#copies.get(id) === known) return copy
    }
    // Many a database says null.
    const record = (await this.#far.load(id)) ?? undefined
    // It may have been deleted while the far store answered.
    const deleted = this.#deleted.get(id)
    if (deleted === FOR_GOOD) return undefined
    if (deleted !== undefined) {
      if (record === undefined || record.owner === deleted.owner) return undefined
      // The answer may be from before the deletion.
      if (asked.epoch !== this.#epoch) return this.load(id)
      this.#deleted.delete(id)
    }
    if (record !== undefined) await this.#keep(id, record, asked)
    return record
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    const asked = this.#moment()
    if (!(await this.#far.create(id, record))) return false
    this.#deleted.delete(id)
    await this.#keep(id, record, asked)
    return true
  }

  async update(id: string, record: SessionRecord): Promise<boolean> {
    if (await this.#isDeleted(id)) return false
    const asked = this.#moment()
    let isWritten = false
    try {
      isWritten = await this.#far.update(id, record)
    } finally {
      // Another process has written, or nobody knows: the next load must see what is there.
      if (!isWritten) this.#forget(id)
    }
    if (isWritten) await this.#keep(id, record, asked)
    return isWritten
  }

  async touch(id: string, expiresAt: number, version: number): Promise<boolean> {
    if (await this.#isDeleted(id)) return false
    try {
      return await this.#far.touch(id, expiresAt, version)
    } finally {
      this.#forget(id)
    }
  }

  async delete(id: string): Promise<boolean> {
    try {
      const isDeleted = await this.#far.delete(id)
      this.#deleted.set(id, FOR_GOOD)
      return isDeleted
    } finally {
      this.#forget(id)
      await this.#askNear(() => this.#near.delete(id))
    }
  }

  async #deleteByOwner(owner: string, exceptId: string | undefined): Promise<number> {
    const sessions = (await this.#far.listByOwner?.(owner)) ?? []
    const ids = sessions.map(({ id }) => id).filter((id) => id !== exceptId)
    let count = 0
    try {
      count = (await this.#far.deleteByOwner?.(owner, exceptId)) ?? 0
    } finally {
      // It may have deleted some of them before it failed.
      this.#forgetWhere((copy) => copy.owner === owner)
      await this.#askNear(() => this.#near.deleteByOwner?.(owner, exceptId))
    }
    const isExact = count === ids.length
    for (const id of ids) {
      const gotAway = !isExact && (await this.#hasOtherOwner(id, owner))
      if (!gotAway && this.#deleted.get(id) !== FOR_GOOD) this.#deleted.set(id, { owner })
    }
    return count
  }

  /** Whether a session got away: it had become somebody else's when its turn came. */
  async #hasOtherOwner(id: string, owner: string): Promise<boolean> {
    const record = await this.#far.load(id)
    return !!record && record.owner !== owner
  }

  async #isDeleted(id: string): Promise<boolean> {
    const deleted = this.#deleted.get(id)
    return deleted === FOR_GOOD || (deleted !== undefined && (await this.load(id)) === undefined)
  }

  async #deleteExpired(now: number, limit: number): Promise<number> {
    try {
      return (await this.#far.deleteExpired?.(now, limit)) ?? 0
    } finally {
      this.#forgetWhere((copy) => copy.expiresAt <= now)
    }
  }

  async #clear(): Promise<void> {
    try {
      await this.#far.clear?.()
    } finally {
      this.#forgetWhere(() => true)
      await this.#askNear(() => this.#near.clear?.())
    }
  }

  /** A near store that fails is no outage: the far one is asked instead, and alone decides whether a write succeeds. */
  async #askNear<T>(ask: () => Awaitable<T>): Promise<T | undefined> {
    try {
      const answer = ask()
      return isPromise(answer) ? await inTime(answer) : answer
    } catch {
      this.#nearFailed = this.#now()
      return undefined
    }
  }

  /** Not for what is deleted: that is to go from the near store even if it has just failed. */
  #isNearLeftOut(now: number): boolean {
    return isWithin(PAUSE, this.#nearFailed, now)
  }

  #isFresh({ asked, expiresAt }: Copy, now: number): boolean {
    return now < expiresAt && isWithin(this.#maxStaleness, asked, now) && !this.#isNearLeftOut(now)
  }

  #moment(): Moment {
    return { time: this.#now(), epoch: this.#epoch }
  }

  /** A copy never takes the place of a newer one, whichever answer came first. */
  async #keep(id: string, record: SessionRecord, asked: Moment): Promise<void> {
    const { version, owner, expiresAt } = record
    if (version < (this.#copies.get(id)?.version ?? 0)) return
    // Neither is the copy there is any good, since the record may be newer.
    if (asked.epoch !== this.#epoch) return void this.#copies.delete(id)
    if (this.#isNearLeftOut(this.#now())) return void this.#copies.delete(id)
    const copy = { version, owner, expiresAt, asked: asked.time }
    this.#copies.set(id, copy)
    const isKept = await this.#askNear(async () => {
      await this.#near.delete(id)
      // It may have taken so long that nobody waits any more, and a newer copy is there.
      return this.#copies.get(id) !== copy || this.#near.create(id, record)
    })
    // Nobody knows what is there.
    if (!isKept) this.#copies.delete(id)
  }

  #forget(id: string): void {
    this.#epoch++
    this.#copies.delete(id)
  }

  #forgetWhere(isStale: (copy: Copy) => boolean): void {
    this.#epoch++
    for (const [id, copy] of this.#copies) if (isStale(copy)) this.#copies.delete(id)
  }
}

/** Whether `now` is at most so long after `then`. Not before it either: a clock may have been set back. */
function isWithin(milliseconds: number, then: number, now: number): boolean {
  return now >= then && now < then + milliseconds
}
