import type { Awaitable, SessionRecord, SessionStore, StoredInfo, StoredPage } from '../index.js'
import { MemoryStore } from '../index.js'

export type StoreMethod = 'load' | 'create' | 'update' | 'touch' | 'delete'

export interface StoreCall {
  readonly method: StoreMethod
  readonly id: string
  readonly record?: SessionRecord
}

/** What happens first. If it throws or rejects, so does the call, and nothing is written. */
export type Stage = (call: StoreCall) => void | Promise<void>

/**
 * A `MemoryStore` on which a test can stage what happens around a call: a failure, a wait, another request that comes
 * first. It notes the calls. Without a stage it answers synchronously.
 */
export class StagedStore implements SessionStore {
  readonly memory: MemoryStore = new MemoryStore()
  readonly calls: StoreCall[] = []
  readonly #before: Map<StoreMethod, Stage> = new Map()
  readonly #after: Map<StoreMethod, Stage> = new Map()
  readonly #refused: Set<StoreMethod> = new Set()

  /** Before each call of this method from now on; `undefined` ends that. */
  before(method: StoreMethod, stage: Stage | undefined): void {
    if (stage === undefined) this.#before.delete(method)
    else this.#before.set(method, stage)
  }

  /** Before the next call of this method only. */
  beforeNext(method: StoreMethod, stage: Stage): void {
    this.before(method, (call) => {
      this.before(method, undefined)
      return stage(call)
    })
  }

  /** After the next call of this method has taken effect: if it throws, the caller does not know about that effect. */
  afterNext(method: StoreMethod, stage: Stage): void {
    this.#after.set(method, (call) => {
      this.#after.delete(method)
      return stage(call)
    })
  }

  /** From now on each call of this method throws, or rejects. */
  fail(method: StoreMethod, how: 'throws' | 'rejects' = 'rejects', error: unknown = new Error('out of reach')): void {
    this.before(method, () => {
      if (how === 'rejects') return Promise.reject(error)
      throw error
    })
  }

  /** From now on this method does nothing and says `false`, as if others had won each time. */
  refuse(method: StoreMethod): void {
    this.#refused.add(method)
  }

  /** All is well from now on. */
  heal(): void {
    this.#before.clear()
    this.#after.clear()
    this.#refused.clear()
  }

  /** Every call takes between these many milliseconds. */
  delay(least: number, most: number): void {
    for (const method of ['load', 'create', 'update', 'touch', 'delete'] as const) {
      this.before(method, () => new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least))))
    }
  }

  /** The methods called so far, in order. */
  get methods(): StoreMethod[] {
    return this.calls.map(({ method }) => method)
  }

  /** Forgets the calls so far. */
  forget(): void {
    this.calls.length = 0
  }

  useClock(now: () => number): void {
    this.memory.useClock(now)
  }

  load(id: string): Awaitable<SessionRecord | undefined> {
    return this.#call({ method: 'load', id }, () => this.memory.load(id))
  }

  create(id: string, record: SessionRecord): Awaitable<boolean> {
    return this.#write({ method: 'create', id, record: { ...record } }, () => this.memory.create(id, record))
  }

  update(id: string, record: SessionRecord): Awaitable<boolean> {
    return this.#write({ method: 'update', id, record: { ...record } }, () => this.memory.update(id, record))
  }

  touch(id: string, expiresAt: number, version: number): Awaitable<boolean> {
    return this.#write({ method: 'touch', id }, () => this.memory.touch(id, expiresAt, version))
  }

  delete(id: string): Awaitable<boolean> {
    return this.#write({ method: 'delete', id }, () => this.memory.delete(id))
  }

  list(cursor: string | undefined, limit: number, now: number): StoredPage {
    return this.memory.list(cursor, limit, now)
  }

  listByOwner(owner: string): StoredInfo[] {
    return this.memory.listByOwner(owner)
  }

  deleteByOwner(owner: string, exceptId?: string): number {
    return this.memory.deleteByOwner(owner, exceptId)
  }

  deleteExpired(now: number, limit: number): number {
    return this.memory.deleteExpired(now, limit)
  }

  clear(): void {
    this.memory.clear()
  }

  #write(call: StoreCall, act: () => boolean): Awaitable<boolean> {
    return this.#call(call, () => !this.#refused.has(call.method) && act())
  }

  #call<T>(call: StoreCall, act: () => T): Awaitable<T> {
    this.calls.push(call)
    const finish = (): Awaitable<T> => {
      const answer = act()
      const after = this.#after.get(call.method)?.(call)
      return after instanceof Promise ? after.then(() => answer) : answer
    }
    const before = this.#before.get(call.method)?.(call)
    return before instanceof Promise ? before.then(finish) : finish()
  }
}
