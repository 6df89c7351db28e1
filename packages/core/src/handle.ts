import type { Identity } from './carrier.js'
import type { SessionContext } from './context.js'
import { loadSession, requestCookies } from './load.js'
import type { Persistence } from './persistence.js'
import { type ReadableSession, ReadableView, type WritableSession, WritableView } from './session.js'
import type { SessionState } from './session-state.js'

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

export class RequestSession<Data> implements SessionHandle<Data> {
  /** Whether `SessionManager.handle` is at work on this request and will commit. */
  isManaged = false
  readonly #context: SessionContext
  readonly #persistence: Persistence
  readonly #request: Request
  #loading: Promise<SessionState> | undefined
  /** After the commit: the session that it left behind in the store. */
  #committed: { readonly identity: Identity | undefined } | undefined
  /** Saves of one request follow one another. */
  #saving: Promise<void> = Promise.resolve()

  constructor(context: SessionContext, persistence: Persistence, request: Request) {
    this.#context = context
    this.#persistence = persistence
    this.#request = request
  }

  async read(): Promise<ReadableSession<Data>> {
    return new ReadableView<Data>(await this.#load())
  }

  async write(): Promise<WritableSession<Data>> {
    return new WritableView<Data>(await this.#load())
  }

  async save(): Promise<void> {
    if (this.#loading === undefined) return
    const state = await this.#loading
    const saving = this.#saving.then(() => this.#persistence.save(state))
    this.#saving = saving.catch(() => {})
    await saving
  }

  /** Persists for the last time, and returns the `Set-Cookie` to send, if the session was used. Later changes throw. */
  async commit(): Promise<{ id: string; setCookie: string | undefined } | undefined> {
    if (this.#committed !== undefined) {
      // Handled a second time: the cookie was sent, and what was changed since is not lost.
      await this.save()
      return undefined
    }
    const { persistence } = this.#context
    if (persistence === 'always' || (persistence === 'existing' && this.#hasCookie())) this.#load()
    const state = await this.#loading
    if (state !== undefined) await this.save()
    const setCookie = state && (await this.#setCookie(state))
    this.#close(state)
    return state && { id: state.identity.id, setCookie }
  }

  /** The handler threw: nothing is saved but a sign-out, which must not fail open. */
  async abort(): Promise<void> {
    const state = await this.#loading?.catch(() => undefined)
    try {
      if (state?.isDestroyed) await this.save()
    } catch (error) {
      this.#context.emit({ type: 'dropped', id: (state as SessionState).identity.id, reason: 'store', error })
    }
    this.#close(state)
  }

  #close(state: SessionState | undefined): void {
    if (state !== undefined) state.isClosed = true
    this.#committed = { identity: state === undefined || state.isNew || state.isGone ? undefined : state.identity }
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
