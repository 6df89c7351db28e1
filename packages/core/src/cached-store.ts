import { invalidOption } from './option-error.js'
import type { SessionInfo, SessionRecord, SessionStore } from './store.js'

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
 * deleted, it never serves again; what another process deleted, it may serve for `maxStaleness` seconds more.
 */
export function cachedStore(near: SessionStore, far: SessionStore, options: CachedStoreOptions = {}): SessionStore {
  return new CachedStore(near, far, options)
}

class CachedStore implements SessionStore {
  readonly atomic: boolean
  readonly #near: SessionStore
  readonly #far: SessionStore
  readonly #maxStaleness: number
  #now: () => number
  readonly #hasOwnClock: boolean
  /** What the near store has a copy of, and until when (milliseconds since the epoch) that copy is taken. */
  readonly #copies: Map<string, { readonly version: number; readonly freshUntil: number }> = new Map()
  /** Ids that are gone for good: an id is never used twice. */
  readonly #deleted: Set<string> = new Set()
  declare listByOwner?: (owner: string) => Promise<SessionInfo[]>
  declare deleteByOwner?: (owner: string, exceptId?: string) => Promise<number>
  declare deleteExpired?: (now: number, limit: number) => Promise<number>
  declare clear?: () => Promise<void>

  constructor(near: SessionStore, far: SessionStore, { maxStaleness = 30, now }: CachedStoreOptions) {
    if (!(maxStaleness > 0)) throw invalidOption('maxStaleness', 'must be a positive number of seconds')
    this.#near = near
    this.#far = far
    this.#maxStaleness = maxStaleness * 1000
    this.#now = now ?? Date.now
    this.#hasOwnClock = now !== undefined
    this.atomic = far.atomic ?? true
    // Capabilities are the far store's: what it does not have, this one does not offer.
    if (far.listByOwner) this.listByOwner = async (owner) => far.listByOwner?.(owner) ?? []
    if (far.deleteByOwner) this.deleteByOwner = (owner, exceptId) => this.#deleteByOwner(owner, exceptId)
    if (far.deleteExpired) this.deleteExpired = async (at, limit) => far.deleteExpired?.(at, limit) ?? 0
    if (far.clear) this.clear = () => this.#clear()
  }

  useClock(now: () => number): void {
    if (!this.#hasOwnClock) this.#now = now
    this.#near.useClock?.(now)
    this.#far.useClock?.(now)
  }

  async load(id: string): Promise<SessionRecord | undefined> {
    if (this.#deleted.has(id)) return undefined
    if (this.#now() < (this.#copies.get(id)?.freshUntil ?? 0)) {
      const copy = await this.#near.load(id)
      if (copy !== undefined && !this.#deleted.has(id)) return copy
    }
    const record = await this.#far.load(id)
    // It may have been deleted while the far store answered.
    if (this.#deleted.has(id)) return undefined
    if (record === undefined) await this.#forget(id)
    else await this.#keep(id, record)
    return record
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    if (!(await this.#far.create(id, record))) return false
    await this.#keep(id, record)
    return true
  }

  async update(id: string, record: SessionRecord): Promise<boolean> {
    const isWritten = !this.#deleted.has(id) && (await this.#far.update(id, record))
    // If not, another process has written: the copy is old, and the next load must see what is there.
    if (isWritten) await this.#keep(id, record)
    else await this.#forget(id)
    return isWritten
  }

  async touch(id: string, expiresAt: number): Promise<boolean> {
    const isTouched = !this.#deleted.has(id) && (await this.#far.touch(id, expiresAt))
    if (isTouched) await this.#near.touch(id, expiresAt)
    else await this.#forget(id)
    return isTouched
  }

  async delete(id: string): Promise<boolean> {
    // Before the far store answers, so that a load under way does not bring it back.
    remember(this.#deleted, id)
    try {
      await this.#forget(id)
      return await this.#far.delete(id)
    } catch (error) {
      this.#deleted.delete(id)
      throw error
    }
  }

  async #deleteByOwner(owner: string, exceptId: string | undefined): Promise<number> {
    const sessions = (await this.#far.listByOwner?.(owner)) ?? []
    const count = (await this.#far.deleteByOwner?.(owner, exceptId)) ?? 0
    for (const { id } of sessions) {
      if (id === exceptId) continue
      remember(this.#deleted, id)
      await this.#forget(id)
    }
    // A far store that can not list its owners' sessions leaves copies that are not known.
    await this.#near.deleteByOwner?.(owner, exceptId)
    return count
  }

  async #clear(): Promise<void> {
    await this.#far.clear?.()
    const ids = [...this.#copies.keys()]
    for (const id of ids) {
      remember(this.#deleted, id)
      await this.#forget(id)
    }
  }

  /** A copy never takes the place of a newer one, whichever answer came first. */
  async #keep(id: string, record: SessionRecord): Promise<void> {
    const { version } = record
    const known = this.#copies.get(id)
    if (known !== undefined && known.version > version) return
    if (known === undefined && this.#copies.size >= MAX_REMEMBERED) await this.#forget(oldest(this.#copies))
    this.#copies.set(id, { version, freshUntil: this.#now() + this.#maxStaleness })
    await this.#near.delete(id)
    await this.#near.create(id, record)
  }

  async #forget(id: string): Promise<void> {
    this.#copies.delete(id)
    await this.#near.delete(id)
  }
}

function remember(ids: Set<string>, id: string): void {
  if (ids.size >= MAX_REMEMBERED) ids.delete(oldest(ids))
  ids.add(id)
}

function oldest(ids: Set<string> | Map<string, unknown>): string {
  return ids.keys().next().value as string
}
