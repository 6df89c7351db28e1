import type { Identity } from './carrier.js'
import type { SessionContext } from './context.js'
import { maxAge } from './lifetime.js'
import { hasCookie, loadSession, reloadSession } from './load.js'
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

/** A session that was loaded, and its two faces. */
interface Loaded<Data> {
  readonly state: SessionState
  readonly readable: ReadableSession<Data>
  readonly writable: WritableSession<Data>
}

export class RequestSession<Data> implements SessionHandle<Data> {
  /** Whether `SessionManager.handle` is at work on this request and will commit. */
  isManaged = false
  readonly #context: SessionContext
  readonly #persistence: Persistence
  readonly #request: Request
  #loading: Promise<Loaded<Data>> | undefined
  /** After the commit: the session that it left behind. */
  #committed: { readonly identity: Identity | undefined } | undefined
  /** Saves of one request follow one another. */
  #saving: Promise<void> | undefined

  constructor(context: SessionContext, persistence: Persistence, request: Request) {
    this.#context = context
    this.#persistence = persistence
    this.#request = request
  }

  async read(): Promise<ReadableSession<Data>> {
    return (await this.#load()).readable
  }

  async write(): Promise<WritableSession<Data>> {
    return (await this.#load()).writable
  }

  async save(): Promise<void> {
    if (this.#loading === undefined) return
    const { state } = await this.#loading
    const saving = (this.#saving ?? Promise.resolve()).then(() => this.#persistence.save(state))
    this.#saving = saving.catch(() => {})
    await saving
  }

  /** Whether the request used its session. */
  get isLoaded(): boolean {
    return this.#loading !== undefined
  }

  /** Persists for the last time, and returns the `Set-Cookie` to send. Later changes throw. */
  async commit(): Promise<{ id: string; setCookie: string | undefined } | undefined> {
    if (this.#committed !== undefined) return undefined
    const { persistence } = this.#context
    if (persistence === 'always' || (persistence === 'existing' && hasCookie(this.#context, this.#request)))
      this.#load()
    if (this.#loading === undefined) {
      this.#committed = { identity: undefined }
      return undefined
    }
    const { state } = await this.#loading
    await this.save()
    const setCookie = await this.#setCookie(state)
    this.#close(state)
    return { id: state.identity.id, setCookie }
  }

  /** The handler threw: nothing is saved but a sign-out, which must not fail open. */
  async abort(): Promise<void> {
    const loaded = await this.#loading?.catch(() => undefined)
    if (loaded === undefined) return
    const { state } = loaded
    try {
      if (state.destroyed) await this.save()
    } catch (error) {
      this.#context.emit({ type: 'dropped', id: state.identity.id, reason: 'store', error })
    }
    this.#close(state)
  }

  #close(state: SessionState): void {
    state.closed = true
    this.#committed = { identity: state.stored === undefined ? undefined : state.identity }
    this.#loading = undefined
  }

  async #setCookie(state: SessionState): Promise<string | undefined> {
    const { carrier, cookie, now } = this.#context
    if (state.destroyed) return hasCookie(this.#context, this.#request) ? cookie.remove() : undefined
    if (!state.cookieDue || state.stored === undefined) return undefined
    const { lifetime, expiresAt } = state.stored
    return cookie.set(
      await carrier.cookieValue(state.identity),
      lifetime.persistent ? maxAge(now(), expiresAt) : undefined,
    )
  }

  #load(): Promise<Loaded<Data>> {
    this.#loading ??= this.#loadOnce()
    return this.#loading
  }

  async #loadOnce(): Promise<Loaded<Data>> {
    const committed = this.#committed
    try {
      const state = await (committed?.identity === undefined
        ? loadSession(this.#context, this.#request, committed !== undefined)
        : reloadSession(this.#context, committed.identity))
      return { state, readable: new ReadableView<Data>(state), writable: new WritableView<Data>(state) }
    } catch (error) {
      // A failed load is not shared with those who ask after it.
      this.#loading = undefined
      throw error
    }
  }
}
