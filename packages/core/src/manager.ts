import { andThen, isPromise } from './awaitable.js'
import { persist } from './commit/commit.js'
import type { SessionContext } from './context.js'
import { SessionError } from './errors.js'
import { stopwatch } from './events.js'
import { resolveOptions, type SessionOptions } from './options.js'
import { type Committed, RequestSession, type SessionHandle } from './request/handle.js'
import { newSession } from './request/load.js'
import { ResponseDresser } from './request/response.js'
import { isObject } from './session/codec.js'
import { type ReadableSession, type WritableSession, WritableView } from './session/session.js'
import type { Awaitable, SessionStore, StoredInfo } from './store/store.js'
import type { SessionData } from './types.js'

/** How many expired records `deleteExpired` removes when nothing else is said. */
const DEFAULT_SWEEP = 1000

/**
 * Sessions for everything that has a `Request` and a `Response`. Make one, once, and share it.
 *
 * @example
 * ```ts
 * const sessions = new SessionManager<{ count: number }>({
 *   store: new MemoryStore(),
 *   secret: process.env.SESSION_SECRET,
 * })
 *
 * const respond = (request: Request): Promise<Response> =>
 *   sessions.handle(request, async (handle) => {
 *     const session = await handle.write()
 *     return new Response(`Visit ${session.update('count', (n = 0) => n + 1)}`)
 *   })
 * ```
 */
export class SessionManager<Data = SessionData> {
  readonly #context: SessionContext
  readonly #responses: ResponseDresser
  /** Under which the request carries its handle, so that it is found through a proxy of the request as well. */
  readonly #key: symbol = Symbol('fetch-sessions')

  /** @throws TypeError that names the option that can't work, and says what to do */
  constructor(options: SessionOptions<Data>) {
    this.#context = resolveOptions(options)
    this.#responses = new ResponseDresser(this.#context.cookie.name)
  }

  /** The lazy handle of this request's session; the same handle for the same Request. Synchronous, touches nothing. */
  open(request: Request): SessionHandle<Data> {
    return this.#open(request)
  }

  /**
   * This request's session, to be read.
   * @throws SessionStoreError if the store fails
   */
  read(request: Request): Promise<ReadableSession<Data>> {
    return this.#open(request).read()
  }

  /**
   * This request's session, to be changed. Something has to `commit` or `save` it: the middleware does.
   * @throws SessionStoreError if the store fails
   */
  write(request: Request): Promise<WritableSession<Data>> {
    return this.#open(request).write()
  }

  /**
   * Persists what changed and returns the response to send: the same object when there is nothing to add. The store has
   * answered before it returns.
   * @throws SessionError if it could not be stored: do not send the response then
   */
  async commit(request: Request, response: Response): Promise<Response> {
    return this.#commit(this.#open(request), response)
  }

  /**
   * `open`, the handler, `commit`. A handler that throws saves nothing, and its error passes through; only a
   * `destroy()` is carried out all the same. Within another `handle` of the same request it just calls the handler.
   */
  async handle(
    request: Request,
    handler: (session: SessionHandle<Data>) => Response | Promise<Response>,
  ): Promise<Response> {
    const session = this.#open(request)
    if (session.isManaged) return handler(session)
    session.isManaged = true
    try {
      let response: Response
      try {
        response = await handler(session)
      } catch (error) {
        await session.abort()
        throw error
      }
      const committed = this.#commit(session, response)
      return isPromise(committed) ? await committed : committed
    } catch (error) {
      if (error instanceof SessionError) this.#context.emit?.({ type: 'failed', error })
      throw error
    } finally {
      session.isManaged = false
    }
  }

  /**
   * For an adapter whose framework turns a handler's error into a response before the adapter sees it: what `handle`
   * does when the handler throws. Nothing is saved but a `destroy()`, and a later `commit` adds nothing.
   */
  abort(request: Request): Promise<void> {
    return this.#open(request).abort()
  }

  /**
   * A stored session without a request: for tests, sign-in links, other transports.
   * `cookie` is what a client sends (`name=value`), `setCookie` what makes a browser do so.
   */
  async issue(
    data: Partial<Data>,
    options: { owner?: string } = {},
  ): Promise<{ id: string; cookie: string; setCookie: string }> {
    const { carrier, cookie, now } = this.#context
    const state = await newSession(this.#context, false)
    const session = new WritableView<Data>(state)
    for (const key of Object.keys(data) as (keyof Data)[]) session.set(key, data[key] as Data[keyof Data])
    session.setOwner(options.owner)
    await persist(this.#context, state, 'always')
    const value = await carrier.cookieValue(state.identity)
    return {
      id: session.id,
      cookie: `${cookie.name}=${value}`,
      setCookie: cookie.set(value, state.stored, now()),
    }
  }

  /** Whether there was such a session. Its cookie opens nothing from now on. */
  async destroy(id: string): Promise<boolean> {
    const started = stopwatch(this.#context.emit)
    const isDestroyed = await this.#capability('delete')(id)
    if (isDestroyed) this.#context.emit?.({ type: 'destroyed', id, duration: stopwatch(this.#context.emit) - started })
    return isDestroyed
  }

  /** The live sessions of an owner. Needs the store's owner index. */
  async listByOwner(owner: string): Promise<StoredInfo[]> {
    return this.#capability('listByOwner')(owner)
  }

  /** Signs an owner out everywhere, but for the session `except`. How many sessions that were. */
  async destroyByOwner(owner: string, options: { except?: string } = {}): Promise<number> {
    return this.#capability('deleteByOwner')(owner, options.except)
  }

  /** Removes at most `limit` expired records (default 1000) from a store that does not do so itself. How many. */
  async deleteExpired(limit: number = DEFAULT_SWEEP): Promise<number> {
    return this.#capability('deleteExpired')(this.#context.now(), limit)
  }

  /** Removes every session. */
  async clear(): Promise<void> {
    return this.#capability('clear')()
  }

  #capability<K extends keyof SessionStore>(name: K): NonNullable<SessionStore[K]> {
    const method = this.#context.carrier.store?.[name]
    if (method === undefined) {
      throw new SessionError('ERR_SESSION_UNSUPPORTED', `The session store does not support "${name}"`)
    }
    return method
  }

  #open(request: Request): RequestSession<Data> {
    const carrying = request as Request & { [key: symbol]: RequestSession<Data> | undefined }
    carrying[this.#key] ??= new RequestSession<Data>(this.#context, request)
    return carrying[this.#key] as RequestSession<Data>
  }

  #commit(session: RequestSession<Data>, response: Response): Awaitable<Response> {
    if (!isObject(response) || !('headers' in response)) {
      throw new TypeError('fetch-sessions: the handler must return a Response')
    }
    return andThen(session.commit(), (committed) => this.#dress(response, session, committed))
  }

  #dress(response: Response, session: RequestSession<Data>, committed: Committed | undefined): Response {
    if (committed === undefined) return this.#responses.own(response, session)
    const { id, setCookie } = committed
    const dressed = this.#responses.dress(response, session, setCookie)
    if (dressed === undefined && setCookie !== undefined)
      this.#context.emit?.({ type: 'dropped', id, reason: 'response' })
    return dressed ?? response
  }
}
