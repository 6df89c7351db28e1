import {
  type Capability,
  clear,
  deleteExpired,
  destroyById,
  destroyByOwner,
  editById,
  findById,
  listByOwner,
  listPage,
  supports,
} from './administration.js'
import { commit as commitState } from './commit/commit.js'
import { createContext, type OldSessionsOf, type SessionContext } from './context.js'
import type { CookieTraits, SessionCookie } from './cookie/cookie-attributes.js'
import { companionKeys } from './cookie/secrets.js'
import type { HandleOptions } from './handle-options.js'
import type { IssuedSession } from './issued-session.js'
import { invalidOption, rejectUnknown } from './option-error.js'
import type { SessionOptions } from './options.js'
import { CommittedTogether } from './request/committed-together.js'
import { beginHandle } from './request/handle-registry.js'
import { newSession } from './request/load-outcome.js'
import type { CookieSource } from './request/request-cookies.js'
import { RequestHandler } from './request/request-handler.js'
import type { RequestSession, ToSave } from './request/request-session.js'
import { addToHeaders, type HeaderFields, headersOf } from './request/response.js'
import type { SessionHandle } from './request/session-handle-type.js'
import { maxAge } from './session/lifetime.js'
import type { MovesIn } from './session/old-sessions.js'
import { isObject } from './session/plain-values.js'
import { type ReadableSession, ReadableView, type WritableSession, WritableView } from './session/session.js'
import type { SessionInfo } from './session/session-info.js'
import type { SessionData } from './types.js'

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
  readonly #opened: CommittedTogether<Data>
  readonly #handler: RequestHandler<Data>

  /** @throws TypeError that names the option that can't work, and says what to do */
  constructor(options: SessionOptions<Data>) {
    this.#context = createContext(options)
    this.#opened = new CommittedTogether(this.#context)
    this.#handler = new RequestHandler(this.#context, this.#opened)
  }

  /**
   * The lazy handle of this request's session; the same handle for the same Request. Synchronous, touches nothing.
   *
   * Headers, or the text of a `Cookie` header, do as well (Node's `req.headers.cookie`, a WebSocket upgrade). Then the
   * caller keeps the handle, and gives it to `commitHeaders`.
   *
   * @throws TypeError if another manager with the same cookie name is at work on the request
   */
  open(source: CookieSource): SessionHandle<Data> {
    return this.#opened.open(source)
  }

  /**
   * Lets visitors who have no cookie of ours go on with a session of another library, which served this application
   * before. For `movingIn` of `@fetch-sessions/migrate`. `movesIn` makes what it takes.
   * @throws TypeError if there are such already, or this is none
   */
  startFrom(oldSessions: MovesIn): this {
    if (![oldSessions?.load, oldSessions?.ofRequest].every((method) => typeof method === 'function')) {
      throw invalidOption('startFrom', 'takes old sessions that are wrapped: startFrom(movesIn(oldSessions))')
    }
    if (this.#context.oldSessions !== undefined) {
      throw invalidOption('startFrom', 'was called before: name all libraries in one call')
    }
    this.#context.oldSessions = oldSessions as OldSessionsOf
    return this
  }

  /**
   * For adapters that can't wrap their handler: `open`, at the start of handling. A Request that was handled before
   * starts anew.
   */
  begin(request: Request): SessionHandle<Data> {
    return beginHandle(this.#context, request)
  }

  /**
   * This request's session, to be read.
   * @throws SessionStoreError if the store fails
   */
  read(source: CookieSource): Promise<ReadableSession<Data>> {
    return this.#opened.open(source).read()
  }

  /**
   * This request's session, to be changed. Something has to `commit` or `save` it: the middleware does.
   * @throws SessionStoreError if the store fails
   */
  write(request: Request): Promise<WritableSession<Data>> {
    return this.#opened.open(request).write()
  }

  /**
   * Persists what changed, waits for the store, and returns the response to send. That is the same object when there is
   * nothing to add. `target`: the request, or its handle. `failed`: the handler threw and this response tells of it.
   * Nothing is saved then but a `destroy()`, and the response gets the cookie of what was saved before.
   * @throws SessionError if it could not be stored: do not send the response then
   */
  async commit(
    target: Request | SessionHandle<Data>,
    response: Response,
    options?: { failed?: boolean | undefined },
  ): Promise<Response> {
    return this.#handler.commitAll(this.#opened.named(target), response, toSave(options))
  }

  /**
   * For frameworks whose response is no `Response`: persists, and puts the cookie, `Vary` and `Cache-Control` on these
   * headers.
   * @throws SessionError if it could not be stored: do not send the response then
   */
  async commitHeaders(
    target: Request | SessionHandle<Data>,
    headers: HeaderFields,
    options?: { failed?: boolean | undefined },
  ): Promise<void> {
    const what = toSave(options)
    for (const session of this.#opened.named(target)) {
      const needs = await session.commit(what, headers)
      if (needs !== undefined) addToHeaders(headers, needs)
    }
  }

  /**
   * The same for frameworks that set cookies by name, value and options, such as Next: persists, and returns the
   * cookies to set. `Vary: Cookie` is the caller's to add.
   */
  async commitCookies(
    target: Request | SessionHandle<Data>,
    options?: { failed?: boolean | undefined },
  ): Promise<readonly SessionCookie[]> {
    const what = toSave(options)
    let cookies: readonly SessionCookie[] = []
    for (const session of this.#opened.named(target)) {
      const sent = cookies.length > 0 ? headersOf(cookies) : undefined
      const needs = await session.commit(what, sent)
      if (needs?.cookies.length)
        cookies = [...cookies.filter((cookie) => !needs.place?.isOwn(`${cookie}`)), ...needs.cookies]
    }
    return cookies
  }

  /**
   * Says that the handler of this request threw. For frameworks that turn an error into a response before the adapter
   * sees it. The commit then saves nothing but a `destroy()`, as with `failed`. Nobody need have asked for the session
   * yet. After the commit it does nothing, and a request that is handled again starts without it.
   * @throws TypeError if it is neither a Request nor a handle that this manager opened
   */
  fail(target: Request | SessionHandle<Data>): void {
    const session = this.#opened.named(target).at(-1) as RequestSession<Data>
    session.hasFailed = true
  }

  /**
   * `open`, the handler, `commit`. A handler that throws saves nothing, and its error passes through; only a
   * `destroy()` is carried out all the same. One that gives no `Response` has failed as well. Within another `handle` of
   * the same request it just calls the handler.
   * @throws TypeError if the handler, `failed` or `keep` is no function, or the handler gave no Response
   */
  handle(
    request: Request,
    handler: (session: SessionHandle<Data>) => Response | Promise<Response>,
    options?: HandleOptions,
  ): Promise<Response> {
    return this.#handler.handle(request, handler, options)
  }

  /** A stored session without a request: for tests, sign-in links, other transports. */
  async issue(data: Partial<Data>, options: { owner?: string | undefined } = {}): Promise<IssuedSession> {
    const { format, cookie, now } = this.#context
    rejectUnknown('issue: ', options, ['owner'])
    if (!isObject(data) || Symbol.iterator in data) throw invalidOption('data', 'must be an object of keys and values')
    const state = newSession(this.#context, 'open')
    const session = new WritableView<Data>(this.#context, state)
    for (const key of Object.keys(data) as (keyof Data)[]) session.set(key, data[key])
    session.setOwner(options.owner)
    const place = cookie.at(undefined)
    await commitState(this.#context, state, place.fingerprint, 'always')
    const value = await format.cookieValue(state.identity)
    const { lifetime, expiresAt } = state.stored
    const parts = place.set(value, lifetime.persistent ? maxAge(now(), expiresAt) : undefined)
    return { id: session.id, cookie: `${cookie.name}=${value}`, setCookie: String(parts), parts }
  }

  /**
   * Whether there was such a session. Its cookie opens nothing from now on. What is no id at all is `false`, and so is one that
   * is over by the limits of this manager; it is removed all the same, since those of another one may differ.
   *
   * A `CookieStore` needs `revocations` for it. Then the answer is `true` for each id, since nobody knows which
   * sessions there are. Other processes may open the session for `maxStaleness` seconds more.
   * @throws SessionError for a `CookieStore` without them
   */
  destroy(id: string): Promise<boolean> {
    return destroyById(this.#context, id)
  }

  /**
   * One stored session without a request, typed and checked like any other; `undefined` if it is gone. The look does
   * not count as a use of the session.
   * @throws SessionDataError if its data can't be decoded or the schema refuses it
   */
  async peek(id: string): Promise<ReadableSession<Data> | undefined> {
    const state = await findById(this.#context, id)
    return state && new ReadableView<Data>(this.#context, state)
  }

  /**
   * Changes a stored session without a request; `false` if it is gone. `change` runs again if another writer has won, so
   * it should only compute. It is no use of the session: the expiry stays where it is, unless `setLifetime` moves it.
   * @throws SessionConflictError if others win each time
   * @throws SessionError if `change` regenerates, since the cookie could not be sent; TypeError if it is async
   */
  edit(id: string, change: (session: WritableSession<Data>) => void): Promise<boolean> {
    return editById(this.#context, id, (state) => change(new WritableView<Data>(this.#context, state)))
  }

  /** The live sessions, page by page. Needs the store's `list`. The last page has no `cursor`. */
  list(
    options: { cursor?: string | undefined; limit?: number | undefined } = {},
  ): Promise<{ sessions: SessionInfo[]; cursor: string | undefined }> {
    return listPage(this.#context, options)
  }

  /** The live sessions of an owner. Needs the store's owner index. */
  listByOwner(owner: string): Promise<SessionInfo[]> {
    return listByOwner(this.#context, owner)
  }

  /**
   * Signs an owner out everywhere, but for the session `except`. How many sessions that were; `undefined` where nobody
   * can know, since they are in their cookies. Needs the store's owner index, or a `CookieStore` with `revocations`.
   */
  destroyByOwner(owner: string, options: { except?: string | undefined } = {}): Promise<number | undefined> {
    return destroyByOwner(this.#context, owner, options)
  }

  /**
   * Removes at most `limit` expired records (default 1000) from a store that does not do so itself. How many.
   * @throws TypeError if `limit` is not a whole number above 0
   */
  deleteExpired(limit?: number): Promise<number> {
    return deleteExpired(this.#context, limit)
  }

  /** Removes every session. */
  clear(): Promise<void> {
    return clear(this.#context)
  }

  /**
   * Whether the store can do this. Ask at the start, and refuse what depends on it, rather than at the first request.
   */
  supports(what: Capability): boolean {
    return supports(this.#context, what)
  }

  /** How the session cookie is set. For packages beside core. */
  get cookie(): CookieTraits {
    return this.#context.cookie.traits
  }

  /** HMAC-SHA256 keys for a purpose of another package. Each secret gives one key; the newest comes first. */
  // Not by the name of a CryptoKey, which Node's types have not made a global one.
  deriveKeys(purpose: string): Promise<Awaited<ReturnType<typeof crypto.subtle.importKey>>[]> {
    return companionKeys(this.#context.secrets, purpose)
  }
}

/** What a commit with these options saves. */
function toSave(options: { failed?: boolean | undefined } | undefined): ToSave {
  if (options !== undefined) rejectUnknown('commit: ', options, ['failed'])
  return options?.failed ? 'sign-out' : 'all'
}
