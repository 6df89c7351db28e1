import { andThen, isPromise } from '../awaitable.js'
import { persist } from '../commit/commit.js'
import type { SessionContext } from '../context.js'
import { randomText } from '../cookie/base64url.js'
import type { Identity } from '../cookie/cookie-format.js'
import { type ReadableSession, ReadableView, type WritableSession, WritableView } from '../session/session.js'
import type { SessionState } from '../session/session-state.js'
import type { Awaitable } from '../store/store.js'
import { loadSession, requestCookies } from './load.js'

/** The session of one request. Nothing happens before the first `read` or `write`. */
export interface SessionHandle<Data> {
  /**
   * The session, to be read. Loads on first call; later calls share that load.
   * @throws SessionStoreError if the store fails
   */
  read(): Promise<ReadableSession<Data>>
  /**
   * The session, to be changed: the same one that `read` shows. Loads on first call; later calls share that load.
   * @throws SessionStoreError if the store fails
   */
  write(): Promise<WritableSession<Data>>
  /**
   * Persists now, in the middle of a request or of a stream. After it, `get` shows the merged, stored state.
   * @throws SessionError if it could not be stored; the changes are then still there to be saved again
   */
  save(): Promise<void>
}

/** What the response of a session that was used needs. */
export interface Committed {
  readonly id: string
  readonly setCookie: string | undefined
}

export class RequestSession<Data> implements SessionHandle<Data> {
  /** Whether `SessionManager.handle` is at work on this request and will commit. */
  isManaged = false
  readonly #context: SessionContext
  readonly #request: Request
  #loading: Awaitable<SessionState> | undefined
  /** Whether the response is committed. */
  #isLate = false
  /** After the commit: whose session it left behind, or ended. */
  #left: Identity | undefined
  /** Saves of one request follow one another. */
  #saving: Promise<void> | undefined

  constructor(context: SessionContext, request: Request) {
    this.#context = context
    this.#request = request
  }

  async read(): Promise<ReadableSession<Data>> {
    const state = this.#load()
    return new ReadableView<Data>(isPromise(state) ? await state : state)
  }

  async write(): Promise<WritableSession<Data>> {
    const state = this.#load()
    return new WritableView<Data>(isPromise(state) ? await state : state)
  }

  async save(): Promise<void> {
    if (this.#loading !== undefined) await this.#save(await this.#loading)
  }

  /**
   * Persists for the last time, and returns what the response needs if the session was used. Later changes throw. Not a
   * promise if nothing has to be waited for.
   */
  commit(): Awaitable<Committed | undefined> {
    // Handled a second time: the cookie was sent, and what was changed since is not lost.
    if (this.#isLate) return this.save().then(() => undefined)
    const { persistence } = this.#context
    if (persistence === 'always' || (persistence === 'existing' && this.#hasCookie())) this.#load()
    if (this.#loading !== undefined) return andThen(this.#loading, (state) => this.#commitUsed(state))
    this.#isLate = true
    return undefined
  }

  /** The handler threw: nothing is saved but a sign-out, which must not fail open. */
  async abort(): Promise<void> {
    const state = await Promise.resolve(this.#loading).catch(() => undefined)
    this.#isLate = true
    if (state === undefined) return
    try {
      if (state.isDestroyed) await this.#save(state)
    } catch (error) {
      this.#context.emit?.({ type: 'dropped', id: state.identity.id, reason: 'store', error })
    }
    this.#close(state)
  }

  #save(state: SessionState): Awaitable<void> {
    const saveNext = (): Awaitable<void> => persist(this.#context, state)
    const saving = this.#saving?.then(saveNext, saveNext) ?? saveNext()
    this.#saving = isPromise(saving) ? saving : undefined
    return saving
  }

  #commitUsed(state: SessionState): Awaitable<Committed> {
    // Before the last save and not after it: what is changed meanwhile would be lost without a word.
    state.isClosed = true
    try {
      const saving = this.#save(state)
      const isDone = !isPromise(saving) && !state.isCookieDue && !state.isDestroyed
      return isDone ? this.#close(state) : this.#conclude(state, saving)
    } catch (error) {
      state.isClosed = false
      throw error
    }
  }

  async #conclude(state: SessionState, saving: Awaitable<void>): Promise<Committed> {
    try {
      await saving
      return this.#close(state, await this.#setCookie(state))
    } catch (error) {
      state.isClosed = false
      throw error
    }
  }

  #close(state: SessionState, setCookie?: string): Committed {
    const { carrier } = this.#context
    const { identity } = state
    state.isClosed = true
    if (state.isNew && !state.isIdKnown && carrier.takeBack) {
      carrier.takeBack(identity)
      state.identity = standInFor(identity)
      state.isIdKnown = true
    }
    this.#isLate = true
    this.#left = state.isNew ? undefined : identity
    this.#loading = undefined
    return { id: identity.id, setCookie }
  }

  async #setCookie({ identity, isDestroyed, isGone, isCookieDue, stored }: SessionState): Promise<string | undefined> {
    const { carrier, cookie, now } = this.#context
    if (isDestroyed) return this.#hasCookie() ? cookie.remove() : undefined
    if (isGone || !isCookieDue) return undefined
    return cookie.set(await carrier.cookieValue(identity), stored, now())
  }

  /** Whether the request brought a cookie of this name, good or bad. */
  #hasCookie(): boolean {
    return requestCookies(this.#context, this.#request).length > 0
  }

  #load(): Awaitable<SessionState> {
    if (this.#loading === undefined) {
      const loading = loadSession(this.#context, this.#request, this.#isLate, this.#left)
      this.#loading = isPromise(loading) ? loading.catch((error) => this.#failLoading(error)) : loading
    }
    return this.#loading
  }

  /** A failed load is not shared with those who ask after it. */
  #failLoading(error: unknown): never {
    this.#loading = undefined
    throw error
  }
}

/** For an identity that becomes another visitor's: who asks for the id from here on is shown one that nobody has. */
function standInFor({ store, isShared }: Identity): Identity {
  let id: string | undefined
  return {
    store,
    isShared,
    stale: false,
    get id() {
      id ??= randomText()
      return id
    },
  }
}
