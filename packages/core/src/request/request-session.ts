import { andThen, isPromise } from '../awaitable.js'
import { commit } from '../commit/commit.js'
import type { PersistencePolicy } from '../commit/commit-context.js'
import { applyChange } from '../commit/edit.js'
import { runExclusively, settledWithin } from '../commit/exclusive.js'
import { endOldSessions } from '../commit/move-in.js'
import type { SessionContext } from '../context.js'
import type { SessionCookie } from '../cookie/cookie-attributes.js'
import type { Identity } from '../cookie/cookie-format.js'
import {
  isSessionError,
  SessionCommittedError,
  SessionDestroyedError,
  SessionError,
  SessionStoreError,
} from '../errors.js'
import { checkTimeout } from '../option-error.js'
import { noProperties } from '../session/no-properties.js'
import type { OldSessions } from '../session/old-sessions.js'
import { type ReadableSession, ReadableView, type WritableSession, WritableView } from '../session/session.js'
import type { SessionPhase, SessionState } from '../session/session-state.js'
import type { Awaitable } from '../store/store.js'
import type { CookieSource } from './cookies-of.js'
import { followInnerCookie, type Loaded } from './inner-cookie.js'
import { loadIdentity, loadSession } from './load.js'
import { RequestCookies } from './request-cookies.js'
import type { HeaderFields, ResponseNeeds } from './response.js'
import type { ExclusiveOptions, SessionHandle } from './session-handle.js'
import { newSession } from './session-of-record.js'

/**
 * What a commit saves. `sign-out`: the handler threw, so it is a `destroy()` alone, which must not fail open. `nothing`:
 * saving has failed already.
 */
export type ToSave = 'all' | 'sign-out' | 'nothing'

export class RequestSession<Data> implements SessionHandle<Data> {
  /** Whether `SessionManager.handle` is at work on this request and will commit. */
  isManaged = false
  /** Whether its response is committed, or its handler has failed. */
  isOver = false
  /** Is told when the session is asked for, the first time. */
  onUse: (() => void) | undefined
  /** The request as its handler has it by now, where a middleware may have put another one in its place. */
  current: (() => Request) | undefined
  /** Those that were opened meanwhile with a request in the place of this one's. They are committed with it. */
  others: Set<RequestSession<Data>> | undefined
  readonly #context: SessionContext
  readonly #cookies: RequestCookies
  #isUsed = false
  /** Whether a sign-out has ended what another library has of the visitor. */
  #isOldEnded = false
  #loading: Awaitable<SessionState> | undefined
  /** With `onStoreFailure`: what `read` shows, and what `write` throws. */
  #outage: { readonly state: SessionState; readonly error: SessionStoreError } | undefined
  /** As the request has found it. */
  #loaded: Loaded | undefined
  /** After the commit: the session that it left behind, if there is one. */
  #left: Identity | 'none' | undefined
  /** Settles when the last commit has. A socket that is open by then may send before. */
  #committing: Promise<void> | undefined
  /** Saves of one request follow one another. */
  #saving: Promise<void> | undefined
  /** And so do its exclusive works. */
  #working: Promise<unknown> | undefined

  constructor(context: SessionContext, source: CookieSource) {
    this.#context = context
    this.#cookies = new RequestCookies(context, source)
  }

  /** The request that it was opened with, if it was one. */
  request(): Request | undefined {
    return this.#cookies.request()
  }

  /** Whether this is the session of that request: the same one, or a proxy of it, with the cookies that it had. */
  belongsTo(source: Request): boolean {
    return this.#cookies.areOf(source)
  }

  /** Whether the manager of this context has opened it. */
  isOf(context: SessionContext): boolean {
    return this.#context === context
  }

  /** Whether `persistence` asks for the session where nobody else has. */
  get isDueUnused(): boolean {
    const { persistence } = this.#context
    return persistence === 'always' || (persistence === 'existing' && this.#cookies.values().length > 0)
  }

  /** Tells of an error that ended the request, if it is one of a session. */
  tellFailure(error: unknown): void {
    if (isSessionError(error)) this.#context.emit?.({ type: 'failed', error })
  }

  async read(): Promise<ReadableSession<Data>> {
    return new ReadableView<Data>(this.#context, this.#outage?.state ?? (await this.#loadOrDegrade()))
  }

  async write(): Promise<WritableSession<Data>> {
    if (this.#outage !== undefined) throw this.#outage.error
    const state = this.#load()
    return this.#writable(isPromise(state) ? await state : state)
  }

  async save(change?: (session: WritableSession<Data>) => void): Promise<void> {
    if (change !== undefined) {
      await this.#committing
      if (this.#outage !== undefined) throw this.#outage.error
      const state = await (this.isOver ? this.#loadLate('late') : this.#load())
      await this.#closing(state, async () => {
        if (this.isOver && state.isNew && this.#left !== undefined && this.#left !== 'none')
          throw new SessionDestroyedError()
        await this.#changeAndCommit(state, change)
        if (state.status === 'gone' || state.status === 'superseded') throw new SessionDestroyedError()
      })
    } else if (this.#loading !== undefined) {
      await this.#commit(await this.#loading)
    }
  }

  /** All of it, or nothing: what could not be stored is not stored with the response either, where nobody expects it. */
  async #changeAndCommit(state: SessionState, change: (session: WritableSession<Data>) => void): Promise<void> {
    const undo = state.keep()
    try {
      applyChange(() => change(this.#writable(state)))
    } catch (error) {
      undo()
      throw error
    }
    const isAsChanged = state.watch()
    try {
      await this.#commit(state)
    } catch (error) {
      // A sign-out must not fail open, and what was done meanwhile is not to be lost.
      if (state.status === 'live' && isAsChanged()) undo()
      throw error
    }
  }

  async exclusive<R>(
    work: (session: WritableSession<Data>) => R | Promise<R>,
    { wait = 10, hold = 30 }: ExclusiveOptions = {},
  ): Promise<R> {
    const { format, isAtomic } = this.#context
    if (wait !== 0) checkTimeout('wait', wait)
    checkTimeout('hold', hold)
    if (!format.isShared || !isAtomic) {
      throw new SessionError('ERR_SESSION_UNSUPPORTED', 'exclusive needs a store that can compare and set')
    }
    if (this.#outage !== undefined) throw this.#outage.error
    const next = async (): Promise<R> => {
      await this.#committing
      const state = await (this.isOver ? this.#loadLate('late') : this.#load())
      if (state.status !== 'live') throw new SessionDestroyedError()
      return this.#closing(state, () => {
        // Throws if it is too late for a new session.
        void state.writable
        const run = (): R | Promise<R> => work(this.#writable(state))
        const save = (policy?: PersistencePolicy): Awaitable<void> => this.#commit(state, policy)
        return runExclusively(this.#context, state, save, { wait, hold }, run)
      })
    }
    const working = this.#working === undefined ? next() : settledWithin(wait, this.#working).then(next)
    this.#working = working.catch(() => {})
    return working
  }

  /**
   * Persists for the last time, and returns what the response needs if the session was used. Later changes throw. Not a
   * promise if nothing has to be waited for.
   *
   * `sent`: the headers of the response, on which an inner handler may have put a cookie of ours.
   */
  commit(what: ToSave, sent: HeaderFields | undefined): Awaitable<ResponseNeeds | undefined> {
    if (this.isOver) return undefined
    if (what === 'all' && this.#outage === undefined && this.#loading === undefined && this.isDueUnused)
      return this.#commitUnused(sent)
    return this.#commitLoaded(what, sent)
  }

  /** The policy asks for the session, which the handler did not. */
  #commitUnused(sent: HeaderFields | undefined): Awaitable<ResponseNeeds | undefined> {
    const { onStoreFailure } = this.#context
    if (onStoreFailure === undefined) {
      this.#load()
      return this.#commitLoaded('all', sent)
    }
    return this.#loadOrDegrade().then(() => this.#commitLoaded('all', sent))
  }

  #commitLoaded(what: ToSave, sent: HeaderFields | undefined): Awaitable<ResponseNeeds | undefined> {
    const loading = this.#loading
    if (loading === undefined) {
      this.isOver = true
      return this.#isUsed ? this.#needs([]) : undefined
    }
    if (!isPromise(loading)) return this.#commitUsed(loading, what, sent)
    return loading.then(
      (state) => this.#commitUsed(state, what, sent),
      (error) => {
        if (what === 'all') throw error
        this.isOver = true
        return this.#needs([])
      },
    )
  }

  #commitUsed(state: SessionState, what: ToSave, sent: HeaderFields | undefined): Awaitable<ResponseNeeds> {
    // Before the last save and not after it: what is changed meanwhile would be lost without a word.
    state.phase = 'closed'
    const reopen = (error: unknown): never => {
      state.phase = 'open'
      throw error
    }
    try {
      const needs = this.#finish(state, what, sent)
      if (!isPromise(needs)) return needs
      this.#committing = needs.then(
        () => {},
        () => {},
      )
      return needs.catch(reopen)
    } catch (error) {
      return reopen(error)
    }
  }

  #finish(state: SessionState, what: ToSave, sent: HeaderFields | undefined): Awaitable<ResponseNeeds> {
    const inner = sent?.has('set-cookie')
      ? sent
          .getSetCookie()
          .filter((line) => this.#cookies.place.isOwn(line))
          .at(-1)
      : undefined
    const saving = what === 'all' ? this.#saveLast(state, inner) : what === 'sign-out' && this.#signOutAnyway(state)
    return andThen(saving, () => {
      // Of a request that failed, the browser learns of what was saved before.
      const isDue = what === 'all' || state.isSaved || state.status === 'destroyed'
      const cookies =
        isDue && !this.#isOldLeft(state)
          ? this.#cookies.toSend(state, this.#loaded?.stored.cookie, inner !== undefined)
          : []
      return andThen(cookies, (cookies) => {
        this.isOver = true
        this.#loading = undefined
        this.#left = state.isNew || state.status !== 'live' ? 'none' : state.identity
        return this.#needs(cookies, state)
      })
    })
  }

  #saveLast(state: SessionState, inner: string | undefined): Awaitable<void> {
    if (inner === undefined) return this.#commit(state)
    return followInnerCookie(this.#context, state, this.#loaded, inner).then(() => this.#commit(state))
  }

  /** The handler threw: what is left to do is a sign-out. */
  async #signOutAnyway(state: SessionState): Promise<void> {
    if (state.status !== 'destroyed') return
    try {
      await this.#commit(state)
    } catch (error) {
      this.#context.emit?.({ type: 'dropped', id: state.identity.id, reason: 'store', error })
    }
  }

  #commit(state: SessionState, policy: PersistencePolicy = this.#context.persistence): Awaitable<void> {
    const write = (): Awaitable<void> => commit(this.#context, state, { cookie: this.#fingerprint(state), policy })
    const next = (): Awaitable<void> => {
      const { oldSessions } = this.#context
      const hasOld = state.status === 'destroyed' && oldSessions !== undefined && !this.#isOldEnded
      return hasOld ? this.#endOld(oldSessions, state).then(write) : write()
    }
    const saving = this.#saving?.then(next, next) ?? next()
    this.#saving = isPromise(saving) ? saving : undefined
    return saving
  }

  /** Signing out ends what another library has of the visitor as well, and first: if that fails, it can be done again. */
  async #endOld(oldSessions: OldSessions, state: SessionState): Promise<void> {
    await endOldSessions(this.#context, oldSessions, this.#cookies.header, state)
    this.#isOldEnded = true
  }

  /** Whether a sign-out could not end what another library has of the visitor, who keeps its cookie to sign out again. */
  #isOldLeft({ status }: SessionState): boolean {
    const { oldSessions } = this.#context
    if (status !== 'destroyed' || oldSessions === undefined || this.#isOldEnded) return false
    return oldSessions.cookies(this.#cookies.header).length > 0
  }

  /** Of the cookie that goes out with what is saved now. */
  #fingerprint({ phase }: SessionState): string | undefined {
    return phase === 'late' ? undefined : this.#cookies.place.fingerprint
  }

  #needs(cookies: SessionCookie[], state?: SessionState): ResponseNeeds {
    const isOwn = (line: string): boolean => this.#cookies.place.isOwn(line)
    const isUpgraded = cookies.length > 0 && this.#cookies.isUpgradedByCall
    return { id: cookies.length > 0 && state ? state.id : '', cookies, isOwn, isUpgraded }
  }

  #writable(state: SessionState): WritableSession<Data> {
    return new WritableView<Data>(this.#context, state)
  }

  #load(): Awaitable<SessionState> {
    if (this.isOver) return this.#loadLate('closed')
    if (!this.#isUsed) {
      this.#isUsed = true
      this.onUse?.()
    }
    if (this.#loading === undefined) {
      const loading = loadSession(this.#context, this.#cookies.values(), this.#cookies.header, 'open')
      this.#loading = isPromise(loading)
        ? loading.then(
            // Whoever asks from now on, the commit too, waits for nothing.
            (state) => (this.#loading = this.#noteLoaded(state)),
            // A failed load is not shared with those who ask after it.
            (error) => this.#failLoading(error),
          )
        : this.#noteLoaded(loading)
    }
    return this.#loading
  }

  #noteLoaded(state: SessionState): SessionState {
    this.#loaded = { id: state.isNew ? undefined : state.identity.id, stored: state.stored }
    return state
  }

  #failLoading(error: unknown): never {
    this.#loading = undefined
    throw error
  }

  /** After the commit: the session that it left behind, as it is stored by now. */
  #loadLate(phase: SessionPhase): Awaitable<SessionState> {
    const { format, emit } = this.#context
    // What travels in the cookie can't be changed without one.
    const latest = format.isShared ? phase : 'closed'
    if (latest === 'closed' && this.#loading !== undefined) return this.#loading
    if (this.#left === 'none') return newSession(this.#context, latest)
    const loading =
      this.#left === undefined
        ? loadSession(this.#context, this.#cookies.values(), this.#cookies.header, latest)
        : loadIdentity(this.#context, this.#left, latest)
    if (!this.#isUsed) {
      this.#isUsed = true
      emit?.({ type: 'late' })
    }
    return andThen(loading, (state) => {
      this.#loading = state
      return state
    })
  }

  /** Does something with a session, which may be a late one: that can't be changed after it. */
  async #closing<R>(state: SessionState, act: () => R | Promise<R>): Promise<R> {
    if (this.isOver && state.phase === 'closed') {
      const livesInCookie = !this.#context.format.isShared
      throw new SessionCommittedError(
        livesInCookie ? 'a session in its cookie can not be changed without one' : undefined,
      )
    }
    try {
      return await act()
    } finally {
      if (state.phase === 'late') state.phase = 'closed'
    }
  }

  /** With `onStoreFailure`, a session that can't be loaded is an empty one for those who only read. */
  async #loadOrDegrade(): Promise<SessionState> {
    try {
      const state = this.#load()
      return isPromise(state) ? await state : state
    } catch (error) {
      if (!(error instanceof SessionStoreError) || this.#context.onStoreFailure?.(error) !== 'anonymous') throw error
      if (this.#outage === undefined) {
        this.#outage = { state: newSession(this.#context, 'closed', 'degraded'), error }
        this.#context.emit?.({ type: 'degraded', error })
      }
      return this.#outage.state
    }
  }
}

Object.setPrototypeOf(RequestSession.prototype, noProperties)
