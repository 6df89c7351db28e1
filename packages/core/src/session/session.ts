import type { CookieFormat } from '../cookie/cookie-format.js'
import { SessionCommittedError, SessionTooLargeError } from '../errors.js'
import { checkTimeout, invalidOption, MAX_COOKIE_AGE, rejectUnknown } from '../option-error.js'
import type { DeepReadonly, SessionData } from '../types.js'
import { expiryWhenUsed, type OwnLifetime } from './lifetime.js'
import { noProperties } from './no-properties.js'
import { assign, copyPlain } from './plain-values.js'
import type { SessionState } from './session-state.js'
import { lifetimeOf, type SessionRules, unmoved } from './stored-session.js'

/** A session that can be read. Nothing that is done to its values is stored. */
export interface ReadableSession<Data = SessionData> {
  /** The store's key: safe to log, useless as a cookie. */
  readonly id: string
  /** Not in the store, as far as this request knows. */
  readonly isNew: boolean
  /** Whose session it is, as `setOwner` said. */
  readonly owner: string | undefined
  /** The application's words for lists of sessions, as `setLabel` said. */
  readonly label: string | undefined
  /** Its own lifetime, as `setLifetime` said; `undefined`: the manager's alone. */
  readonly lifetime: SessionLifetime | undefined
  /** The store failed, and `onStoreFailure` said `anonymous`: this session is empty, and nobody knows whose it is. */
  readonly isDegraded: boolean
  /** When it began. `regenerate({ restart: true })` lets it begin anew. */
  readonly createdAt: Date
  /** When it dies if nobody uses it before. After a change: when it will die once that is stored. */
  readonly expiresAt: Date
  /** How many keys it holds. */
  readonly size: number
  /** The value under this key, or `undefined`. It is frozen, or a copy. */
  get<K extends keyof Data>(key: K): DeepReadonly<Data[K]> | undefined
  /** Whether there is a value under this key. */
  has(key: keyof Data): boolean
  /** The keys that have a value. */
  keys(): (keyof Data)[]
  /** All keys and values as a plain object. */
  toJSON(): DeepReadonly<Partial<Data>>
}

/** What `regenerate` may do besides giving a new id. */
export interface RegenerateOptions {
  /**
   * Seconds for which the old cookie still leads to the session, an hour at most. Whoever comes with it gets the new
   * one. Use it for rotation only. Leave it out where privileges change: somebody who knows the old cookie would gain
   * them. A `CookieStore` ignores it: there, the new id is made at once.
   */
  grace?: number | undefined
  /** Sets `createdAt` to now. So the absolute limit counts anew, as after a sign-in. */
  restart?: boolean | undefined
}

/** A session's own lifetime. What is left out stays as it is. */
export interface SessionLifetime {
  /** Seconds without use until the session is dead. */
  idleTimeout?: number | undefined
  /** Seconds from creation until the session is dead, used or not. */
  absoluteTimeout?: number | undefined
  /** Whether the cookie outlives the browser ("remember me"). */
  persistent?: boolean | undefined
}

/**
 * A session that can be changed. What changed is stored when the response is committed.
 *
 * Every method that changes something throws `SessionDestroyedError` after `destroy()` and `SessionCommittedError`
 * after the response was committed.
 */
export interface WritableSession<Data = SessionData> extends ReadableSession<Data> {
  /** The value under this key, or `undefined`. A value that is changed in place is saved. */
  get<K extends keyof Data>(key: K): Data[K] | undefined
  // The readable one's, so that what takes a ReadableSession takes this one as well.
  get<K extends keyof Data>(key: K): DeepReadonly<Data[K]> | undefined
  /**
   * `undefined` deletes. An equal value is no change. Of two requests that set the same key, the last one wins. The
   * value stays the caller's own: changing the session in place never changes it.
   * @throws TypeError naming the key if the codec can't carry the value
   */
  set<K extends keyof Data>(key: K, value: Data[K] | undefined): this
  /**
   * Read-modify-write that survives concurrency. If another request wins, `change` runs again on the newer value. So it
   * should do nothing but compute. Returns the new value.
   * @throws TypeError naming the key if the codec can't carry the outcome, or where there was a value and `change` returns
   * none: to delete, call `delete`
   */
  update<K extends keyof Data>(key: K, change: (value: Data[K] | undefined) => Data[K]): Data[K]
  /** Deletes the key. Whether it was there. */
  delete(key: keyof Data): boolean
  /** Reads and deletes: flash messages. */
  take<K extends keyof Data>(key: K): Data[K] | undefined
  /**
   * Deletes all keys but those of `except`. Id, owner, label and lifetime stay. What another request has stored by the
   * time of the commit is deleted as well, and what is kept is kept as that one has left it.
   * @throws TypeError if `except` is no list of keys
   */
  clear(options?: { except?: readonly (keyof Data)[] | undefined }): void
  /**
   * New id, same data; the old id opens nothing once this is persisted. Call it whenever privileges change, sign-in
   * above all (OWASP session management cheat sheet, "renew the session ID after any privilege level change"). `id` is
   * the new one at once, or, with `grace`, as soon as it is stored.
   * @throws TypeError if `grace` is not a positive number of seconds, an hour at most, or there is no such option
   */
  regenerate(options?: RegenerateOptions): void
  /**
   * Ends the session: it goes from the store, and its cookie from the browser. Calling it twice is no error. If the
   * session lives in its cookie, copies of that still open until they expire, unless `CookieStore` has `revocations`.
   */
  destroy(): void
  /**
   * Says whose session it is, for `listByOwner` and `destroyByOwner`; `undefined`: nobody's.
   * @throws TypeError if it is empty or no well-formed text; SessionTooLargeError if it is longer than the store takes
   */
  setOwner(owner: string | undefined): void
  /** Sets a few words for lists of sessions, such as "Firefox on Linux". @throws TypeError above 256 characters */
  setLabel(label: string | undefined): void
  /**
   * Gives this session a lifetime of its own; `undefined`: the manager's again. `expiresAt` shows it at once.
   * @throws TypeError if it is neither an object nor `undefined`, or a timeout is not a positive number of seconds, 400
   * days at most
   */
  setLifetime(lifetime: SessionLifetime | undefined): void
}

/** What the views of a session need to know beside its state. */
export interface ViewRules extends SessionRules {
  readonly format: CookieFormat
  /** How many bytes an owner may have in UTF-8. */
  readonly maxOwnerBytes: number
}

const MAX_LABEL_LENGTH = 256

/** What both views of a session show. */
abstract class SessionView<Data> {
  readonly #rules: SessionRules
  readonly #state: SessionState

  constructor(rules: SessionRules, state: SessionState) {
    this.#rules = rules
    this.#state = state
  }

  // biome-ignore lint/suspicious/noThenProperty: each await asks for it. Found here it costs nothing, and up at the trap half a microsecond
  get then(): undefined {
    return undefined
  }

  get id(): string {
    return this.#state.id
  }

  get isNew(): boolean {
    return this.#state.isNew
  }

  get owner(): string | undefined {
    return this.#state.draft.owner
  }

  get label(): string | undefined {
    return this.#state.draft.label
  }

  get lifetime(): SessionLifetime | undefined {
    const { old: _, ...own } = { ...this.#state.draft.own }
    return Object.keys(own).length > 0 ? own : undefined
  }

  get isDegraded(): boolean {
    return this.#state.status === 'degraded'
  }

  get createdAt(): Date {
    const { regeneration, stored } = this.#state
    return new Date(regeneration?.isRestart ? this.#rules.now() : stored.record.createdAt)
  }

  get expiresAt(): Date {
    const { draft, regeneration, stored, isUse } = this.#state
    if (!draft.isChanged && regeneration === undefined) return new Date(stored.expiresAt)
    return new Date(
      isUse
        ? expiryWhenUsed(this.#rules.now(), +this.createdAt, lifetimeOf(this.#rules, draft.own))
        : unmoved(this.#rules, stored, { ...stored.content, own: draft.own }).expiresAt,
    )
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
    const all: Record<string, unknown> = {}
    for (const key of draft.keys) assign(all, key, draft.peek(key))
    return all as DeepReadonly<Partial<Data>>
  }
}

Object.setPrototypeOf(SessionView.prototype, noProperties)

export class ReadableView<Data> extends SessionView<Data> implements ReadableSession<Data> {
  readonly #state: SessionState

  constructor(rules: SessionRules, state: SessionState) {
    super(rules, state)
    this.#state = state
  }

  get<K extends keyof Data>(key: K): DeepReadonly<Data[K]> | undefined {
    return this.#state.draft.peek(String(key)) as DeepReadonly<Data[K]> | undefined
  }
}

export class WritableView<Data> extends SessionView<Data> implements WritableSession<Data> {
  readonly #rules: ViewRules
  readonly #state: SessionState

  constructor(rules: ViewRules, state: SessionState) {
    super(rules, state)
    this.#rules = rules
    this.#state = state
  }

  get<K extends keyof Data>(key: K): Data[K] | undefined
  get<K extends keyof Data>(key: K): DeepReadonly<Data[K]> | undefined
  /** After the commit a change in place would be lost, so the value is frozen then. */
  get(key: keyof Data): unknown {
    const { draft, phase } = this.#state
    return phase === 'closed' ? draft.peek(String(key)) : draft.lend(String(key))
  }

  set<K extends keyof Data>(key: K, value: Data[K] | undefined): this {
    this.#state.writable.set(nameOf(key), value)
    return this
  }

  update<K extends keyof Data>(key: K, change: (value: Data[K] | undefined) => Data[K]): Data[K] {
    return this.#state.writable.update(nameOf(key), (value) => {
      const outcome = change(value as Data[K] | undefined)
      // A `return` that was forgotten would delete the key.
      if (outcome === undefined && value !== undefined)
        throw invalidOption(key as string, 'is undefined after update(): return the new value, or call delete()')
      return outcome
    }) as Data[K]
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

  clear(options: { except?: readonly (keyof Data)[] | undefined } = {}): void {
    rejectUnknown('clear: ', options, ['except'])
    const { except = [] } = options
    if (!Array.isArray(except)) throw invalidOption('clear: except', 'must be a list of keys')
    this.#state.writable.clear(except.map(nameOf))
  }

  regenerate(options: RegenerateOptions = {}): void {
    rejectCallback('regenerate', options)
    rejectUnknown('regenerate: ', options, ['grace', 'restart'])
    const { grace = 0, restart = false } = options
    if (typeof restart !== 'boolean') throw invalidOption('restart', 'must be true or false')
    const state = this.#state
    if (grace !== 0) checkTimeout('grace', grace, 3600)
    if (state.writable && state.phase === 'late')
      throw new SessionCommittedError('the cookie of a new id can not be sent any more')
    const { format } = this.#rules
    if (state.isNew) {
      // Nobody has its id yet. One whose id was superseded starts a session of its own.
      if (state.status === 'superseded') state.status = 'live'
      state.identity = format.create()
      // Nor is the cookie of another library to lead there.
      if (state.move !== undefined) state.move = { ...state.move, nonce: undefined }
      return
    }
    const before = state.regeneration
    // A change of privileges stays one, whatever rotation is asked for beside it, and of two rotations the shorter grace counts.
    const isRotation = grace > 0 && format.isShared && before?.identity === undefined
    state.regeneration = {
      identity: isRotation ? undefined : (before?.identity ?? format.create()),
      grace: isRotation ? Math.min(grace, before?.grace ?? grace) : 0,
      isRestart: restart || before?.isRestart === true,
    }
  }

  destroy(callback?: unknown): void {
    rejectCallback('destroy', callback)
    const state = this.#state
    if (state.status === 'destroyed') return
    // One that another request has put in its place is not this one's to end. A sign-out that may fail, it takes over.
    if (state.status === 'superseded' && state.ending === undefined) return
    if (state.phase === 'closed') throw new SessionCommittedError()
    // Also where the record is gone already: whoever signs out wants the cookie gone, too.
    state.end('destroyed')
    state.onDestroy?.()
  }

  setOwner(owner: string | undefined): void {
    if (owner !== undefined) checkOwner(owner, this.#rules.maxOwnerBytes)
    const { format, now } = this.#rules
    const at = owner === undefined ? undefined : format.ownerTime?.(owner)
    this.#state.writable.make({ type: 'owner', owner, at: at ?? now() })
  }

  setLabel(label: string | undefined): void {
    if (label !== undefined && (typeof label !== 'string' || label.length > MAX_LABEL_LENGTH)) {
      throw invalidOption('label', `must be a string of at most ${MAX_LABEL_LENGTH} characters, or undefined`)
    }
    this.#state.writable.make({ type: 'label', label })
  }

  setLifetime(lifetime: SessionLifetime | undefined): void {
    this.#state.writable.make({ type: 'lifetime', own: lifetime === undefined ? lifetime : checkedLifetime(lifetime) })
  }
}

/** @throws TypeError for a callback, as express-session takes one: it would wait for its call for ever */
function rejectCallback(method: string, given: unknown): void {
  if (typeof given === 'function') throw invalidOption(`${method}()`, 'takes no callback: go on behind it')
}

/** @throws TypeError if this is no key, such as an object with keys and values, of which nothing would be stored */
function nameOf(key: unknown): string {
  if (typeof key === 'string' || typeof key === 'number') return `${key}`
  throw invalidOption('key', 'must be a string')
}

/** @throws TypeError if this can't be an owner; SessionTooLargeError if it is longer than the store takes */
export function checkOwner(owner: unknown, maxBytes: number): void {
  if (typeof owner !== 'string' || owner === '') {
    throw invalidOption('owner', 'must be a string that is not empty, or undefined')
  }
  // Databases replace what is half of a character, and two owners would become one.
  if (/\p{Surrogate}/u.test(owner)) throw invalidOption('owner', 'must be well-formed text (String.isWellFormed)')
  const size = owner.length * 3 > maxBytes ? new TextEncoder().encode(owner).length : 0
  if (size > maxBytes) throw new SessionTooLargeError('owner', size, maxBytes)
}

function checkedLifetime(lifetime: SessionLifetime): OwnLifetime {
  rejectUnknown('setLifetime: ', lifetime, ['idleTimeout', 'absoluteTimeout', 'persistent'])
  const { idleTimeout, absoluteTimeout, persistent } = lifetime
  if (idleTimeout !== undefined) checkTimeout('idleTimeout', idleTimeout, MAX_COOKIE_AGE)
  if (absoluteTimeout !== undefined) checkTimeout('absoluteTimeout', absoluteTimeout, MAX_COOKIE_AGE)
  if (persistent !== undefined && typeof persistent !== 'boolean') {
    throw invalidOption('persistent', 'must be true or false')
  }
  // Without what is undefined.
  return copyPlain({ idleTimeout, absoluteTimeout, persistent }) as OwnLifetime
}
