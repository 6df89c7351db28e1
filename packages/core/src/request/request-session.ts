import { andThen, isPromise } from '../awaitable.js'
import type { PersistencePolicy } from '../commit/commit-context.js'
import { applyChange } from '../commit/edit-by-id.js'
import { runExclusively, settledWithin } from '../commit/session-lock.js'
import { askOnStoreFailure } from '../commit/store-failure.js'
import type { SessionContext } from '../context.js'
import type { SessionCookie } from '../cookie/cookie-attributes.js'
import type { Identity } from '../cookie/cookie-format.js'
import { SessionCommittedError, SessionDestroyedError, SessionError } from '../errors.js'
import { checkTimeout, invalidOption, rejectUnknown } from '../option-error.js'
import { noProperties } from '../session/no-properties.js'
import { type ReadableSession, ReadableView, type WritableSession, WritableView } from '../session/session.js'
import type { SessionPhase, SessionState } from '../session/session-state.js'
import type { StoredSession } from '../session/stored-session.js'
import type { Awaitable } from '../store/store.js'
import { type FollowOutcome, followNewId } from './follow-new-id.js'
import { followInnerCookie } from './inner-cookie.js'
import { loadIdentity, loadSession } from './load.js'
import { newSession } from './load-outcome.js'
import { RequestSessionBase } from './request-session-base.js'
import type { HeaderFields, ResponseNeeds } from './response.js'
import type { ExclusiveOptions, SessionHandle } from './session-handle-type.js'
import { beginOutage, type StoreOutage } from './store-outage.js'

/**
 * What a commit saves. `sign-out`: the handler threw, so it is a `destroy()` alone, which must not fail open.
 * `nothing`: saving has failed already.
 */
export type ToSave = 'all' | 'sign-out' | 'nothing'

const NO_COOKIES: readonly SessionCookie[] = []

/** What the response needs if the session was used and no cookie goes out. */
const NOTHING_BUT_VARY: ResponseNeeds = { id: '', cookies: NO_COOKIES, place: undefined, isUpgraded: false }

/** The handle of one request: it loads the session once, lends it to the handler, and commits it. */
export class RequestSession<Data> extends RequestSessionBase implements SessionHandle<Data> {
  /** Whether `SessionManager.handle` is at work on this request and will commit. */
  isManaged = false
  /** Whether its response is committed, or its handler has failed. */
  isOver = false
  /** Whether `SessionManager.fail` has said that the handler threw. */
  hasFailed = false
  /** Is told when the session is asked for, the first time. */
  onUse: (() => void) | undefined = undefined
  /** The request that the handler has now. A middleware may have replaced it. */
  current: (() => Request) | undefined = undefined
  /** Where it stands among those whose handler is at work. */
  placeAtWork = 0
  /** Handles that were opened with a request that has replaced this one's. They are committed with it. */
  others: Set<RequestSession<Data>> | undefined = undefined
  /** The handle that the request had before this one. */
  earlier: RequestSession<unknown> | undefined = undefined
  /** Whether the request has got a newer handle since. */
  isFollowed = false
  /** Whether a sign-out waits for no commit. */
  #signsOutAtOnce = false
  #isUsed = false
  /** Whether its commit has failed, of which the error tells. */
  #isUnsaved = false
  #loading: Awaitable<SessionState> | undefined
  #outage: StoreOutage | undefined
  /** Milliseconds since the epoch. */
  #loadedAt = 0
  /** As the request has found it. */
  #found: StoredSession | undefined
  #foundAs: Identity | undefined
  /** As it had it from the beginning; `undefined` if an old cookie has led to it, or one of ours was dead. */
  #begunAs: Identity | undefined
  /** Of a commit that failed: what the response of the error may still have to bring. */
  #abandoned: { readonly state: SessionState; readonly found: StoredSession | undefined } | undefined
  /** After the commit: the session that it left behind, if there is one. */
  #left: Identity | 'none' | undefined
  /** Settles when the last commit has. A socket may want to save before that. */
  #committing: Promise<void> | undefined
  /** Exclusive works of one request follow one another. */
  #working: Promise<unknown> | undefined

  /** Whether `persistence` asks for the session where nobody else has. */
  get isDueUnused(): boolean {
    const { persistence } = this.context()
    return persistence === 'always' || (persistence === 'existing' && this.cookies().values().length > 0)
  }

  /** Whether Bun has answered the request by now, as far as that can be known. */
  get isUpgradedByCall(): boolean {
    return this.isOver || this.cookies().isUpgradedByCall
  }

  /**
   * From now on a sign-out is stored at once, since a commit may never come. All else waits for a commit. Resolves when
   * one that was there is stored.
   */
  signOutAtOnce(): Awaitable<void> {
    if (this.isOver) return
    this.#signsOutAtOnce = true
    const state = this.#loading
    if (state !== undefined && !isPromise(state)) return this.#watchSignOut(state)
  }

  async read(): Promise<ReadableSession<Data>> {
    const state = this.#outage?.state ?? this.#loadOrDegrade()
    return new ReadableView<Data>(this.context(), isPromise(state) ? await state : state)
  }

  async write(): Promise<WritableSession<Data>> {
    if (this.#outage !== undefined) throw this.#outage.error
    const state = this.#load()
    return this.#writable(isPromise(state) ? await state : state)
  }

  async save(change?: (session: WritableSession<Data>) => void): Promise<void> {
    if (change !== undefined) {
      await this.#outsideCommit(async (state) => {
        if (this.isOver && state.isNew && this.#left !== undefined && this.#left !== 'none')
          throw new SessionDestroyedError()
        await this.#changeAndCommit(state, change)
        if (state.status === 'gone' || state.status === 'superseded') throw new SessionDestroyedError()
      })
    } else if (this.#loading !== undefined) {
      await this.persist(await this.#loading)
    }
  }

  /**
   * All of it, or nothing. What could not be stored now is not stored later, with the response: nobody expects it
   * there.
   */
  async #changeAndCommit(state: SessionState, change: (session: WritableSession<Data>) => void): Promise<void> {
    const undo = state.keep()
    const session = this.#writable(state)
    let takeBack: () => Awaitable<void>
    try {
      takeBack = state.apart(() => applyChange(() => change(session)))
    } catch (error) {
      undo()
      // As a callback of express-session throws its error.
      throw error === session
        ? invalidOption('save(change)', 'takes no callback: it gives the session to be changed')
        : error
    }
    await this.persist(state, undefined, takeBack)
  }

  async exclusive<R>(
    work: (session: WritableSession<Data>) => R | Promise<R>,
    options: ExclusiveOptions = {},
  ): Promise<R> {
    rejectUnknown('exclusive: ', options, ['wait', 'hold'])
    const { wait = 10, hold = 30 } = options
    const { format, isAtomic } = this.context()
    if (wait !== 0) checkTimeout('wait', wait, 600)
    checkTimeout('hold', hold, 3600)
    if (!format.isShared || !isAtomic) {
      throw new SessionError('ERR_SESSION_UNSUPPORTED', 'exclusive needs a store that can compare and set')
    }
    const next = (): Promise<R> =>
      this.#outsideCommit((state) => {
        if (state.status !== 'live') throw new SessionDestroyedError()
        // Throws if it is too late for a new session.
        void state.writable
        const run = (): R | Promise<R> => work(this.#writable(state))
        const save = (policy?: PersistencePolicy): Awaitable<void> => this.persist(state, policy)
        return runExclusively(this.context(), state, save, { wait, hold }, run)
      })
    const working = this.#working === undefined ? next() : settledWithin(wait, this.#working).then(next)
    this.#working = working.catch(() => {})
    return working
  }

  /** For `followNewId`: goes on in the session that this request had, under the id that it has by now. */
  async followNewId(isMeant: (session: ReadableSession<Data>) => boolean): Promise<FollowOutcome> {
    if (this.isOver || this.#outage !== undefined) return 'elsewhere'
    const state = await this.#load()
    const outcome = await followNewId(this.context(), state, this.#loadedAt, isMeant)
    if (outcome !== 'followed') return outcome
    // As one to which an old cookie has led.
    this.#found = state.stored
    this.#foundAs = state.identity
    this.#begunAs = undefined
    return outcome
  }

  /**
   * Persists for the last time, and returns what the response needs if the session was used. Later changes throw. Not a
   * promise if nothing has to be waited for.
   *
   * `sent`: the headers of the response, on which an inner handler may have put a cookie of ours.
   */
  commit(what: ToSave, sent: HeaderFields | undefined): Awaitable<ResponseNeeds | undefined> {
    if (this.isOver) return what === 'all' ? undefined : this.#concludeAbandoned(what, sent)
    if (what === 'all' && this.hasFailed) return this.#commitLoaded('sign-out', sent)
    if (what === 'all' && this.#outage === undefined && this.#loading === undefined && this.isDueUnused)
      return this.#commitUnused(sent)
    return this.#commitLoaded(what, sent)
  }

  /** The policy asks for the session, which the handler did not. */
  #commitUnused(sent: HeaderFields | undefined): Awaitable<ResponseNeeds | undefined> {
    return andThen(this.#loadOrDegrade(), () => this.#commitLoaded('all', sent))
  }

  #commitLoaded(what: ToSave, sent: HeaderFields | undefined): Awaitable<ResponseNeeds | undefined> {
    const loading = this.#loading
    if (loading === undefined) {
      this.isOver = true
      this.#outage = undefined
      return this.#isUsed ? this.#needs(NO_COOKIES) : undefined
    }
    if (!isPromise(loading)) return this.#commitUsed(loading, what, sent)
    return loading.then(
      (state) => this.#commitUsed(state, what, sent),
      (error) => {
        if (what === 'all') throw error
        this.isOver = true
        return this.#needs(NO_COOKIES)
      },
    )
  }

  #commitUsed(state: SessionState, what: ToSave, sent: HeaderFields | undefined): Awaitable<ResponseNeeds> {
    // Before the last save: a change that is made during it would be lost without a word.
    state.phase = 'closed'
    if (what === 'sign-out' && !this.#isUnsaved) this.tellLost(state)
    try {
      const needs = this.#finish(state, what, sent)
      return isPromise(needs) ? this.#finishLater(state, needs) : needs
    } catch (error) {
      return this.#reopen(state, error)
    }
  }

  #reopen(state: SessionState, error: unknown): never {
    state.phase = 'open'
    this.#isUnsaved = true
    throw error
  }

  #finishLater(state: SessionState, needs: Promise<ResponseNeeds>): Promise<ResponseNeeds> {
    this.#committing = needs.then(
      () => {},
      () => {},
    )
    return needs.catch((error) => this.#reopen(state, error))
  }

  #finish(state: SessionState, what: ToSave, sent: HeaderFields | undefined): Awaitable<ResponseNeeds> {
    const inner = sent?.has('set-cookie')
      ? sent
          .getSetCookie()
          .filter((line) => this.cookies().place.isOwn(line))
          .at(-1)
      : undefined
    const saving =
      what === 'all' ? this.#saveLast(state, inner, sent) : what === 'sign-out' && this.signOutAnyway(state)
    return isPromise<unknown>(saving)
      ? saving.then(() => this.#conclude(state, what, inner !== undefined))
      : this.#conclude(state, what, inner !== undefined)
  }

  /** What the response needs of a session that is saved. */
  #conclude(state: SessionState, what: ToSave, hasInner: boolean): Awaitable<ResponseNeeds> {
    // Of a request that failed, the browser learns of what was saved before.
    const isDue = what === 'all' || state.isSaved || state.status === 'destroyed'
    if (!isDue || this.isOldLeft(state)) return this.#end(state, NO_COOKIES)
    const hasOld = this.hasOld(state, this.#begunAs)
    return isPromise(hasOld) ? this.#sendLater(state, hasInner, hasOld) : this.#send(state, hasInner, hasOld)
  }

  #send(state: SessionState, hasInner: boolean, hasOld: boolean): Awaitable<ResponseNeeds> {
    const cookies = this.cookies().toSend(state, this.#found?.cookie, hasInner, hasOld)
    return isPromise(cookies) ? this.#endLater(state, cookies) : this.#end(state, cookies)
  }

  // Of their own, so that a request that waits for nothing makes no closure.
  async #sendLater(state: SessionState, hasInner: boolean, hasOld: Promise<boolean>): Promise<ResponseNeeds> {
    return this.#send(state, hasInner, await hasOld)
  }

  async #endLater(state: SessionState, cookies: Promise<readonly SessionCookie[]>): Promise<ResponseNeeds> {
    return this.#end(state, await cookies)
  }

  #end(state: SessionState, cookies: readonly SessionCookie[]): ResponseNeeds {
    this.isOver = true
    this.#loading = undefined
    this.#left = state.isNew || state.status !== 'live' ? 'none' : state.identity
    this.#found = undefined
    this.#foundAs = undefined
    return this.#needs(cookies, state)
  }

  /**
   * Its commit has failed, and no other one follows, but for the response of the error, which brings what was saved before.
   * What was not stored is not stored later.
   */
  abandon(): void {
    this.isOver = true
    const close = (state: SessionState): void => {
      state.phase = 'closed'
      this.#abandoned = { state, found: this.#found }
      this.#end(state, NO_COOKIES)
    }
    const loading = this.#loading
    if (isPromise(loading)) loading.then(close, () => {})
    else if (loading !== undefined) close(loading)
  }

  #concludeAbandoned(what: ToSave, sent: HeaderFields | undefined): Awaitable<ResponseNeeds | undefined> {
    const left = this.#abandoned
    if (left === undefined) return undefined
    this.#abandoned = undefined
    this.#found = left.found
    return this.#finish(left.state, what, sent)
  }

  #saveLast(state: SessionState, inner: string | undefined, sent: HeaderFields | undefined): Awaitable<void> {
    if (inner === undefined || sent === undefined) return this.persist(state)
    const found = this.#found && { id: this.#foundAs?.id, stored: this.#found }
    return followInnerCookie(this.context(), state, found, inner, sent).then(() => this.persist(state))
  }

  #watchSignOut(state: SessionState): Awaitable<void> {
    state.onDestroy = () => this.signOutAnyway(state)
    // Where a commit is at work, that does it.
    if (state.phase === 'open') return state.onDestroy()
  }

  #needs(cookies: readonly SessionCookie[], state?: SessionState): ResponseNeeds {
    if (cookies.length === 0) return NOTHING_BUT_VARY
    const { place, isUpgradedByCall } = this.cookies()
    return { id: state?.id ?? '', cookies, place, isUpgraded: isUpgradedByCall }
  }

  #writable(state: SessionState): WritableSession<Data> {
    return new WritableView<Data>(this.context(), state)
  }

  #load(): Awaitable<SessionState> {
    if (this.isOver) return this.#loadLate('closed')
    if (!this.#isUsed) {
      this.#isUsed = true
      this.onUse?.()
    }
    if (this.#loading === undefined) {
      const loading = loadSession(this.context(), this.cookies().values(), this.cookies().header, 'open')
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
    this.#loadedAt = this.context().now()
    this.#found = state.stored
    this.#foundAs = state.isNew ? undefined : state.identity
    if (this.context().oldSessions !== undefined) {
      const hasDead = state.isNew && this.cookies().values().length > 0
      if (state.move === undefined && state.cookie === undefined && !hasDead) this.#begunAs = state.identity
    }
    if (this.#signsOutAtOnce) this.#watchSignOut(state)
    return state
  }

  #failLoading(error: unknown): never {
    this.#loading = undefined
    throw error
  }

  /** After the commit: the session that it left behind, as it is stored by now. */
  #loadLate(phase: SessionPhase): Awaitable<SessionState> {
    const { format, emit } = this.context()
    // What travels in the cookie can't be changed without one.
    const latest = format.isShared ? phase : 'closed'
    // A socket lives for hours: each read shows what others did meanwhile, such as a sign-out.
    if (latest === 'closed' && (isPromise(this.#loading) || (!format.isShared && this.#loading))) return this.#loading
    if (this.#left === 'none') return newSession(this.context(), latest)
    const loading =
      this.#left === undefined
        ? loadSession(this.context(), this.cookies().values(), this.cookies().header, latest)
        : loadIdentity(this.context(), this.#left, latest)
    if (!this.#isUsed) {
      this.#isUsed = true
      emit?.({ type: 'late' })
    }
    const note = (state: SessionState): SessionState => (this.#loading = state)
    if (!isPromise(loading)) return note(loading)
    const noted = loading.then(note, (error) => this.#failLoading(error))
    if (latest === 'closed') this.#loading = noted
    return noted
  }

  /** Does something with the session as it is before the commit, or as it is stored after it. */
  async #outsideCommit<R>(act: (state: SessionState) => R | Promise<R>): Promise<R> {
    for (;;) {
      await this.#committing
      if (this.#outage !== undefined) throw this.#outage.error
      const { isOver } = this
      const state = await (isOver ? this.#loadLate('late') : this.#load())
      // Else a commit has begun meanwhile.
      if (isOver || state.phase !== 'closed') return this.#closing(state, () => act(state))
    }
  }

  /** Does something with a session. If that is a late one, nobody can change it afterwards. */
  async #closing<R>(state: SessionState, act: () => R | Promise<R>): Promise<R> {
    if (this.isOver && state.phase === 'closed') {
      const livesInCookie = !this.context().format.isShared
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

  /** With `onStoreFailure`, whoever only reads gets an empty session if the store fails. */
  #loadOrDegrade(): Awaitable<SessionState> {
    try {
      const state = this.#load()
      return isPromise(state) ? state.catch((error) => this.#degrade(error)) : state
    } catch (error) {
      return this.#degrade(error)
    }
  }

  #degrade(cause: unknown): SessionState {
    const error = askOnStoreFailure(this.context(), cause)
    if (this.#outage !== undefined) return this.#outage.state
    const outage = beginOutage(this.context(), error)
    // One request sees one session. A socket lives on, and the store may be well again.
    if (!this.isOver) this.#outage = outage
    return outage.state
  }
}

// For a target before ES2022, a build makes assignments of the public fields, and may leave out what has no initial value.
// So each has one, and the assignments find the fields here, not the trap.
Object.assign(RequestSession.prototype, new RequestSession({} as SessionContext, undefined))
Object.setPrototypeOf(RequestSessionBase.prototype, noProperties)
