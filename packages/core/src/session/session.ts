import { checkTimeout } from '../cookie/cookie-attributes.js'
import { SessionCommittedError } from '../errors.js'
import { invalidOption } from '../option-error.js'
import type { DeepReadonly } from '../types.js'
import type { OwnLifetime } from './lifetime.js'
import type { SessionState } from './session-state.js'

/** A session that can be read. Its values are frozen: nothing that is done to them is stored. */
export interface ReadableSession<Data> {
  /** The store's key: safe to log, useless as a cookie. */
  readonly id: string
  /** Not in the store, as far as this request knows. */
  readonly isNew: boolean
  readonly owner: string | undefined
  readonly createdAt: Date
  /** When it dies unless it is used before. */
  readonly expiresAt: Date
  /** How many keys it holds. */
  readonly size: number
  get<K extends keyof Data>(key: K): DeepReadonly<Data[K]> | undefined
  has(key: keyof Data): boolean
  keys(): (keyof Data)[]
  /** All keys and values as a plain object. */
  toJSON(): DeepReadonly<Partial<Data>>
}

/**
 * A session that can be changed. What changed is stored when the response is committed.
 *
 * Every method that changes something throws `SessionDestroyedError` after `destroy()` and `SessionCommittedError`
 * after the response was committed.
 */
export interface WritableSession<Data> extends Omit<ReadableSession<Data>, 'get'> {
  /** A value that is changed in place is saved. */
  get<K extends keyof Data>(key: K): Data[K] | undefined
  /**
   * `undefined` deletes. An equal value is no change. Of two requests that set the same key, the last one wins.
   * @throws TypeError naming the key if the codec can't carry the value
   */
  set<K extends keyof Data>(key: K, value: Data[K]): this
  /**
   * Read-modify-write that survives concurrency: `change` runs again on the newer value if another request won, so it
   * should do nothing but compute. Returns the new value.
   * @throws TypeError naming the key if the codec can't carry the outcome
   */
  update<K extends keyof Data>(key: K, change: (value: Data[K] | undefined) => Data[K]): Data[K]
  /** Whether the key was there. */
  delete(key: keyof Data): boolean
  /** Reads and deletes: flash messages. */
  take<K extends keyof Data>(key: K): Data[K] | undefined
  /** Deletes all keys. Id, owner and lifetime stay. */
  clear(): void
  /**
   * New id, same data; the old id is dead once this is persisted. Call it whenever privileges change, sign-in above all
   * (OWASP session management cheat sheet, "renew the session ID after any privilege level change").
   */
  regenerate(): void
  /** The session is gone from the store and its cookie from the browser. Calling it twice is no error. */
  destroy(): void
  /** Whose session it is, for `listByOwner` and `destroyByOwner`. */
  setOwner(owner: string | undefined): void
  /**
   * This session's own lifetime in seconds, and whether its cookie outlives the browser ("remember me"). What is left
   * out stays as it is.
   * @throws TypeError if a timeout is not a positive, finite number
   */
  setLifetime(options: { idleTimeout?: number; absoluteTimeout?: number; persistent?: boolean }): void
}

/** What both views of a session show. */
abstract class SessionView<Data> {
  readonly #state: SessionState

  constructor(state: SessionState) {
    this.#state = state
  }

  get id(): string {
    this.#state.isIdKnown = true
    return this.#state.identity.id
  }

  get isNew(): boolean {
    return this.#state.isNew
  }

  get owner(): string | undefined {
    return this.#state.draft.owner
  }

  get createdAt(): Date {
    return new Date(this.#state.stored.record.createdAt)
  }

  get expiresAt(): Date {
    return new Date(this.#state.stored.expiresAt)
  }

  get size(): number {
    return this.#state.draft.keys.length
  }

  has(key: keyof Data): boolean {
    return this.#state.draft.has(String(key))
  }

  keys(): (keyof Data)[] {
    return this.#state.draft.keys as (keyof Data)[]
  }

  toJSON(): DeepReadonly<Partial<Data>> {
    const { draft } = this.#state
    return Object.fromEntries(draft.keys.map((key) => [key, draft.peek(key)])) as DeepReadonly<Partial<Data>>
  }
}

export class ReadableView<Data> extends SessionView<Data> implements ReadableSession<Data> {
  readonly #state: SessionState

  constructor(state: SessionState) {
    super(state)
    this.#state = state
  }

  get<K extends keyof Data>(key: K): DeepReadonly<Data[K]> | undefined {
    return this.#state.draft.peek(String(key)) as DeepReadonly<Data[K]> | undefined
  }
}

export class WritableView<Data> extends SessionView<Data> implements WritableSession<Data> {
  readonly #state: SessionState

  constructor(state: SessionState) {
    super(state)
    this.#state = state
  }

  /** After the commit a change in place would be lost, so the value is frozen then. */
  get<K extends keyof Data>(key: K): Data[K] | undefined {
    const { draft, isClosed } = this.#state
    return (isClosed ? draft.peek(String(key)) : draft.lend(String(key))) as Data[K] | undefined
  }

  set<K extends keyof Data>(key: K, value: Data[K]): this {
    this.#state.writable.set(String(key), value)
    return this
  }

  update<K extends keyof Data>(key: K, change: (value: Data[K] | undefined) => Data[K]): Data[K] {
    return this.#state.writable.update(String(key), change as (value: unknown) => unknown) as Data[K]
  }

  delete(key: keyof Data): boolean {
    return this.#state.writable.delete(String(key))
  }

  take<K extends keyof Data>(key: K): Data[K] | undefined {
    const draft = this.#state.writable
    const value = draft.lend(String(key)) as Data[K] | undefined
    draft.delete(String(key))
    return value
  }

  clear(): void {
    this.#state.writable.clear()
  }

  regenerate(): void {
    if (this.#state.writable && this.#state.isLate)
      throw new SessionCommittedError('the cookie of a new id can not be sent any more')
    this.#state.regenerates = true
  }

  destroy(): void {
    const state = this.#state
    if (state.isDestroyed) return
    if (state.isClosed) throw new SessionCommittedError()
    // Also where the record is gone already: whoever signs out wants the cookie gone, too.
    state.isDestroyed = true
    state.draft.clear()
  }

  setOwner(owner: string | undefined): void {
    if (owner !== undefined && (typeof owner !== 'string' || owner === '')) {
      throw invalidOption('owner', 'must be a string that is not empty, or undefined')
    }
    this.#state.writable.setOwner(owner)
  }

  setLifetime(lifetime: OwnLifetime): void {
    const given = Object.entries(lifetime).filter(([, value]) => value !== undefined)
    for (const [name, value] of given) if (name !== 'persistent') checkTimeout(name, value)
    this.#state.writable.setLifetime(Object.fromEntries(given))
  }
}
