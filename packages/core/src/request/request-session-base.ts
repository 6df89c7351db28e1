import { isPromise } from '../awaitable.js'
import { commit } from '../commit/commit.js'
import type { PersistencePolicy } from '../commit/commit-context.js'
import type { BroughtSessions, SessionContext } from '../context.js'
import type { Identity } from '../cookie/cookie-format.js'
import { isSessionError } from '../errors.js'
import type { SessionState } from '../session/session-state.js'
import type { Awaitable } from '../store/store.js'
import { areHeadersShortLived, type CookieSource, isRequest, RequestCookies } from './request-cookies.js'

/** One request, by the cookies that it has brought, and what is saved for it: one save after the other. */
export abstract class RequestSessionBase {
  readonly #context: SessionContext
  readonly #source: CookieSource
  #read: RequestCookies | undefined
  /** Whether its response is committed, or its handler has failed. */
  abstract isOver: boolean
  /** Whether an adapter has begun to handle its request, and will commit it. */
  isBegun = false
  /** Those of another library that the request has brought, once somebody asks for them. */
  #old: BroughtSessions | undefined
  /** Saves of one request follow one another. */
  #saving: Promise<void> | undefined

  constructor(context: SessionContext, source: CookieSource) {
    this.#context = context
    this.#source = source
    if (areHeadersShortLived) this.#read = new RequestCookies(context, source)
  }

  /** A method and no property: a handle that is logged must not show the secrets. */
  protected context(): SessionContext {
    return this.#context
  }

  /** What the request has brought, once somebody asks for it. */
  protected cookies(): RequestCookies {
    this.#read ??= new RequestCookies(this.#context, this.#source)
    return this.#read
  }

  /** The request that it was opened with, if it was one. */
  request(): Request | undefined {
    return isRequest(this.#source) ? this.#source : undefined
  }

  /** Whether this is the session of that request: the same one, or a proxy of it, with the cookies that it had. */
  belongsTo(source: Request): boolean {
    return this.#read === undefined && source === this.#source ? true : this.cookies().areOf(source)
  }

  /** Whether the manager of this context has opened it. */
  isOf(context: SessionContext): boolean {
    return this.#context === context
  }

  /** What its manager calls the cookie. */
  get cookieName(): string {
    return this.#context.cookie.name
  }

  /** Tells of an error that ended the request, if it is one of a session. */
  tellFailure(error: unknown): void {
    if (isSessionError(error)) this.#context.emit?.({ type: 'failed', error })
  }

  /** Carries out a sign-out, if there was one, and saves nothing else. A failure is told to `onEvent` alone. */
  protected async signOutAnyway(state: SessionState): Promise<void> {
    if (state.status !== 'destroyed') return
    try {
      await this.persist(state)
    } catch (error) {
      this.#context.emit?.({ type: 'dropped', id: state.identity.id, reason: 'store', error })
    }
  }

  /** The request has failed: tells of what it has changed and nobody has stored. */
  protected tellLost({ status, draft, regeneration, identity }: SessionState): void {
    if (status !== 'live') return
    try {
      // By which it notes what was changed in place. What the codec can't carry is a change as well.
      draft.keep()
      if (!draft.isChanged && regeneration === undefined) return
    } catch {}
    this.#context.emit?.({ type: 'dropped', id: identity.id, reason: 'failed' })
  }

  /** `takeBack`: what takes back the changes that this save is for. It is called if they could not be stored. */
  protected persist(
    state: SessionState,
    policy: PersistencePolicy = this.#context.persistence,
    takeBack?: () => Awaitable<void>,
  ): Awaitable<void> {
    const next = (): Awaitable<void> =>
      takeBack === undefined ? this.#commitNext(state, policy) : this.#commitOrTakeBack(state, policy, takeBack)
    const saving = this.#saving === undefined ? next() : this.#saving.then(next, next)
    this.#saving = isPromise(saving) ? saving : undefined
    return saving
  }

  async #commitOrTakeBack(
    state: SessionState,
    policy: PersistencePolicy,
    takeBack: () => Awaitable<void>,
  ): Promise<void> {
    try {
      await this.#commitNext(state, policy)
    } catch (error) {
      // A sign-out must not fail open.
      if (state.status === 'live') await takeBack()
      throw error
    }
  }

  #commitNext(state: SessionState, policy: PersistencePolicy): Awaitable<void> {
    const ending = state.status === 'destroyed' && this.#oldSessions()?.end(state)
    return isPromise(ending) ? ending.then(() => this.#write(state, policy)) : this.#write(state, policy)
  }

  #write(state: SessionState, policy: PersistencePolicy): Awaitable<void> {
    return commit(this.#context, state, this.#fingerprint(state), policy)
  }

  /** `undefined` if visitors come from no other library. */
  #oldSessions(): BroughtSessions | undefined {
    this.#old ??= this.#context.oldSessions?.ofRequest(this.#context, this.cookies())
    return this.#old
  }

  /** Whether a sign-out could not end the sessions of another library. */
  protected isOldLeft(state: SessionState): boolean {
    return this.#oldSessions()?.areLeft(state) ?? false
  }

  /** Whether old cookies stay beside this session. `begunAs`: the id that it began with here. */
  protected hasOld(state: SessionState, begunAs: Identity | undefined): Awaitable<boolean> {
    return this.#oldSessions()?.stay(state, begunAs) ?? true
  }

  /**
   * The fingerprint of the cookie that goes out with this save. Where no adapter is at work, it may be one of a socket, to
   * which no response belongs. If there is one after all, its commit makes up for it.
   */
  #fingerprint({ phase, isNew, regeneration }: SessionState): string | undefined {
    const isUnsure = phase === 'open' && !this.isBegun && this.#context.format.isShared
    const isNone = this.isOver || (isUnsure && !isNew && regeneration === undefined)
    return isNone ? undefined : this.cookies().place.fingerprint
  }
}
