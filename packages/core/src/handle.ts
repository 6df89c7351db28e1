import { isPromise } from './awaitable.js'
import { randomText } from './base64url.js'
import type { Identity } from './carrier.js'
import type { SessionContext } from './context.js'
import { loadSession, requestCookies } from './load.js'
import { persist } from './persistence.js'
import { type ReadableSession, ReadableView, type WritableSession, WritableView } from './session.js'
import type { SessionState } from './session-state.js'
import type { Awaitable } from './store.js'

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
  #loading: Promise<SessionState> | undefined
  /** After the commit: whose session it left behind, or ended. */
  #committed: { readonly identity: Identity | undefined } | undefined
  /** Saves of one request follow one another. */
  #saving: Promise<void> | undefined

  constructor(context: SessionContext, request: Request) {
    this.#context = context
    this.#request = request
  }

  async read(): Promise<ReadableSession<Data>> {
    return new ReadableView<Data>(await this.#load())
  }

  async write(): Promise<WritableSession<Data>> {
    return new WritableView<Data>(await this.#load())
  }

  async save(): Promise<void> {
    if (this.#loading !== undefined) await this.#save(await this.#loading)
  }

  /**
   * Persists for the last time, and returns what the response needs if the session was used. Later changes throw. Not a
   * promise if the session was not used.
   */
  commit(): Promise<Committed | undefined> | undefined {
    // Handled a second time: the cookie was sent, and what was changed since is not lost.
    if (this.#committed !== undefined) return this.save().then(() => undefined)
    const { persistence } = this.#context
    if (persistence === 'always' || (persistence === 'existing' && this.#hasCookie())) this.#load()
    if (this.#loading !== undefined) return this.#commitUsed(this.#loading)
    this.#committed = { identity: undefined }
    return undefined
  }

  /** The handler threw: nothing is saved but a sign-out, which must not fail open. */
  async abort(): Promise<void> {
    const state = await this.#loading?.catch(() => undefined)
    try {
      if (state?.isDestroyed) await this.save()
    } catch (error) {
      this.#context.emit?.({ type: 'dropped', id: (state as SessionState).identity.id, reason: 'store', error })
    }
    this.#close(state)
  }

  #save(state: SessionState): Awaitable<void> {
    const saveNext = (): Awaitable<void> => persist(this.#context, state)
    const saving = this.#saving?.then(saveNext, saveNext) ?? saveNext()
    this.#saving = isPromise(saving) ? saving : undefined
    return saving
  }

  async #commitUsed(loading: Promise<SessionState>): Promise<Committed> {
    const state = await loading
    // Before the last save and not after it: what is changed meanwhile would be lost without a word.
    state.isClosed = true
    try {
      const saving = this.#save(state)
      if (isPromise(saving)) await saving
      const setCookie = state.isCookieDue || state.isDestroyed ? await this.#setCookie(state) : undefined
      this.#close(state)
      return { id: state.identity.id, setCookie }
    } catch (error) {
      state.isClosed = false
      throw error
    }
  }

  #close(state: SessionState | undefined): void {
    const { carrier } = this.#context
    let identity: Identity | undefined
    if (state !== undefined) {
      state.isClosed = true
      if (!state.isNew) identity = state.identity
      else if (!state.isIdKnown && carrier.takeBack) {
        carrier.takeBack(state.identity)
        // It becomes another visitor's: who asks for the id from here on is shown one that nobody has.
        const { store, isShared } = state.identity
        state.identity = { id: randomText(), store, isShared, stale: false }
        state.isIdKnown = true
      }
    }
    this.#committed = { identity }
    this.#loading = undefined
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

  #load(): Promise<SessionState> {
    this.#loading ??= this.#loadOnce()
    return this.#loading
  }

  async #loadOnce(): Promise<SessionState> {
    const committed = this.#committed
    try {
      // Awaited here, since a failed load is not shared with those who ask after it.
      return await loadSession(this.#context, this.#request, committed)
    } catch (error) {
      this.#loading = undefined
      throw error
    }
  }
}
