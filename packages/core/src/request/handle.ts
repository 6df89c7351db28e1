import { andThen, isPromise } from '../awaitable.js'
import { commit } from '../commit/commit.js'
import { runExclusively } from '../commit/exclusive.js'
import type { SessionContext } from '../context.js'
import type { CookiePlace, SessionCookie } from '../cookie/cookie-attributes.js'
import type { Identity } from '../cookie/cookie-format.js'
import { cookieValues } from '../cookie/cookie-header.js'
import {
  SessionCommittedError,
  SessionDestroyedError,
  SessionError,
  SessionLockedError,
  SessionStoreError,
} from '../errors.js'
import { checkTimeout, timerDelay } from '../option-error.js'
import { maxAge } from '../session/lifetime.js'
import { type ReadableSession, ReadableView, type WritableSession, WritableView } from '../session/session.js'
import type { SessionPhase, SessionState } from '../session/session-state.js'
import type { Awaitable } from '../store/store.js'
import type { SessionData } from '../types.js'
import { type CookieSource, cookiesOf, isRequest } from './cookies-of.js'
import { loadIdentity, loadSession, newSession } from './load.js'
import type { ResponseNeeds } from './response.js'
import { type Loaded, takeOver } from './take-over.js'

export interface ExclusiveOptions {
  /** Seconds to wait for the others. Default 10. */
  wait?: number
  /** Seconds after which the session is let go, whatever `work` is doing. Default 30. */
  hold?: number
}

/** The session of one request. Nothing happens before the first `read` or `write`. */
export interface SessionHandle<Data = SessionData> {
  /**
   * The session, to be read. Loads on first call; later calls share that load.
   * @throws SessionStoreError if the store fails, unless `onStoreFailure` says otherwise
   */
  read(): Promise<ReadableSession<Data>>
  /**
   * The session, to be changed: the same one that `read` shows. Loads on first call; later calls share that load.
   * @throws SessionStoreError if the store fails
   */
  write(): Promise<WritableSession<Data>>
  /**
   * Persists now, in the middle of a request. After it, `get` shows the merged, stored state.
   * @throws SessionError if it could not be stored; the changes are then still there to be saved again
   */
  save(): Promise<void>
  /**
   * Acquires, changes and persists in one step. It is the only way to change a session after its response was committed,
   * as streams and WebSockets do.
   * @throws SessionCommittedError after the response was committed, for a session that is new or lives in its cookie
   * @throws SessionDestroyedError if the session is gone
   */
  save(change: (session: WritableSession<Data>) => void): Promise<void>
  /**
   * Runs `work` while no other `exclusive` of this session runs, in any process, and persists what it did. What was
   * changed before is saved first, and so is a new session. Whatever `work` throws, nothing of it is saved. The session
   * is let go after `hold` seconds, also where this process dies; a holder whose time is over can't save any more.
   * @throws SessionLockedError after `wait` seconds, or if `work` took longer than `hold`
   * @throws SessionDestroyedError if the session is gone, or got a new id meanwhile
   * @throws SessionError for a store that can't compare and set
   */
  exclusive<R>(work: (session: WritableSession<Data>) => R | Promise<R>, options?: ExclusiveOptions): Promise<R>
}

/** On Deno, the headers of a request can't be read any more once it is answered or upgraded. */
const areHeadersShortLived: boolean = 'Deno' in globalThis

/** Whether what the handler returns for a WebSocket goes nowhere: on Bun, the 101 has gone out by then. */
function isUpgradedByCall({ headers }: Request): boolean {
  return 'Bun' in globalThis && headers.get('upgrade')?.toLowerCase() === 'websocket'
}

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
  readonly #context: SessionContext
  readonly #source: CookieSource
  /** The text of the `Cookie` header, once somebody has asked for it. */
  #cookies: string | undefined
  #place: CookiePlace | undefined
  #isUsed = false
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
    this.#source = source
    if (areHeadersShortLived) this.#cookies = cookiesOf(source)
  }

  /** Whether this is the session of that request: the same one, or a proxy of it, with the cookies that it had. */
  belongsTo(source: Request): boolean {
    if (this.#source === source && this.#cookies === undefined) return true
    try {
      return cookiesOf(source) === this.#cookieText()
    } catch (error) {
      if (areHeadersShortLived) return true
      throw error
    }
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
        change(this.#writable(state))
        await this.#commit(state)
      })
    } else if (this.#loading !== undefined) {
      await this.#commit(await this.#loading)
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
        return runExclusively(this.#context, state, { cookie: this.#fingerprint(state) }, { wait, hold }, run)
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
  commit(what: ToSave, sent: Headers | undefined): Awaitable<ResponseNeeds | undefined> {
    if (this.isOver) return undefined
    const { persistence } = this.#context
    const isDue = persistence === 'always' || (persistence === 'existing' && this.#values().length > 0)
    if (isDue && what === 'all' && this.#outage === undefined) this.#load()
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

  #commitUsed(state: SessionState, what: ToSave, sent: Headers | undefined): Awaitable<ResponseNeeds> {
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

  #finish(state: SessionState, what: ToSave, sent: Headers | undefined): Awaitable<ResponseNeeds> {
    const inner = sent?.has('set-cookie')
      ? sent
          .getSetCookie()
          .filter((line) => this.#at().isOwn(line))
          .at(-1)
      : undefined
    const saving = what === 'all' ? this.#saveLast(state, inner) : what === 'sign-out' && this.#signOutAnyway(state)
    return andThen(saving, () => {
      // Of a request that failed, the browser learns of what was saved before.
      const cookies =
        what === 'all' || state.isSaved || state.status === 'destroyed'
          ? this.#cookiesFor(state, inner !== undefined)
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
    return takeOver(this.#context, state, this.#loaded, inner).then(() => this.#commit(state))
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

  #commit(state: SessionState): Awaitable<void> {
    const next = (): Awaitable<void> => commit(this.#context, state, { cookie: this.#fingerprint(state) })
    const saving = this.#saving?.then(next, next) ?? next()
    this.#saving = isPromise(saving) ? saving : undefined
    return saving
  }

  /** Of the cookie that goes out with what is saved now. */
  #fingerprint({ phase }: SessionState): string | undefined {
    return phase === 'late' ? undefined : this.#at().fingerprint
  }

  /** The cookies that the response needs. */
  #cookiesFor(state: SessionState, hasInner: boolean): Awaitable<SessionCookie[]> {
    const place = this.#at()
    // Where an inner handler has sent one, that has to be taken back, too.
    if (state.status === 'destroyed') {
      // Where the store failed, the visitor keeps the cookie, to sign out again.
      const isDue = (this.#values().length > 0 || hasInner) && (state.isNew || state.cookie === 'due')
      return isDue ? this.#withRetired(place.remove()) : []
    }
    if (state.status !== 'live' || state.cookie === undefined || state.isNew) return []
    const { now, warnings, format } = this.#context
    const { expiresAt, lifetime } = state.stored
    const send = (value: string): SessionCookie[] => {
      if (place.secure && this.#values().length === 0 && isRequest(this.#source)) warnings.cookieSent(this.#source.url)
      return this.#withRetired(place.set(value, lifetime.persistent ? maxAge(now(), expiresAt) : undefined))
    }
    const value = format.cookieValue(state.identity)
    if (!isPromise(value)) return send(value)
    return value.then(send, (error) => {
      // The cookie that came is still good.
      if (state.cookie === 'refresh') return []
      throw error
    })
  }

  #withRetired(cookie: SessionCookie): SessionCookie[] {
    const { name, fingerprint } = this.#at()
    const isBrought = (retired: string): boolean => {
      const count = cookieValues(this.#cookieText(), retired).length
      // One of today's name may be the one of today's place.
      return retired === name ? count > 1 || (count === 1 && this.#loaded?.stored.cookie !== fingerprint) : count > 0
    }
    return [...this.#at().removeRetired(isBrought), cookie]
  }

  #needs(cookies: SessionCookie[], state?: SessionState): ResponseNeeds {
    const isOwn = (line: string): boolean => this.#at().isOwn(line)
    const isUpgraded = cookies.length > 0 && isRequest(this.#source) && isUpgradedByCall(this.#source)
    return { id: cookies.length > 0 && state ? state.id : '', cookies, isOwn, isUpgraded }
  }

  #at(): CookiePlace {
    this.#place ??= this.#context.cookie.at(isRequest(this.#source) ? this.#source : undefined)
    return this.#place
  }

  #cookieText(): string {
    this.#cookies ??= cookiesOf(this.#source)
    return this.#cookies
  }

  /** The values of all cookies of our name that the request brought, good or bad. */
  #values(): string[] {
    return cookieValues(this.#cookieText(), this.#context.cookie.name)
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
      const loading = loadSession(this.#context, this.#values(), 'open')
      this.#loading = isPromise(loading)
        ? loading.then(
            (state) => this.#noteLoaded(state),
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
        ? loadSession(this.#context, this.#values(), latest)
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
      if (!(error instanceof SessionStoreError) || this.#context.onStoreFailure(error) !== 'anonymous') throw error
      this.#outage = { state: newSession(this.#context, 'closed', 'degraded'), error }
      this.#context.emit?.({ type: 'degraded', error })
      return this.#outage.state
    }
  }
}

/** @throws SessionLockedError after so many seconds: also where a work waits for one that waits for it */
async function settledWithin(seconds: number, working: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SessionLockedError('held')), timerDelay(seconds))
  })
  await Promise.race([working, late]).finally(() => clearTimeout(timer))
}
