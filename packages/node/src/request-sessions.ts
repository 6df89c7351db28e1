import {
  type Awaitable,
  completeHeaders,
  type HeaderFields,
  isAnswer,
  isDueUnused,
  type SessionHandle,
  type SessionManager,
  signOutAtOnce,
  type ToSave,
  tellFailure,
} from '@fetch-sessions/core'
import { whenClientIsGone } from './client-gone.js'
import { type HeadKeeper, HeldResponse } from './held-response.js'
import { hasRequest, type NodeRequest, rawOf, sourceOf } from './node-request.js'
import { holdable, type NodeResponse } from './node-response.js'
import { nearestState, stateFor, stateOf } from './request-state.js'

/** What an adapter may be told besides the sessions. */
export interface NodeSessionOptions {
  /** The name of the property that has the handle. Default `session`. */
  as?: string
  /**
   * Whether a request has failed, so that nothing is saved but a `destroy()`: by the status of its response, and by the
   * error that the framework, or `failSession`, has told of. Default: a status of 500 or more, or an error that is no
   * `Response`.
   */
  failed?: (status: number, error: unknown) => boolean
}

/** One manager at work on one request. */
export interface Entry {
  readonly manager: SessionManager<never>
  readonly failed: NonNullable<NodeSessionOptions['failed']>
  /** Hands on an error that is why the response can't be sent. */
  readonly fail: (error: unknown) => void
}

class OpenEntry implements Entry {
  readonly manager: SessionManager<never>
  readonly failed: Entry['failed']
  readonly fail: Entry['fail']
  handle: SessionHandle<never> | undefined = undefined
  /** Whether it could not be saved. */
  isBroken = false
  /** That of the manager that came next. */
  next: OpenEntry | undefined = undefined

  constructor(manager: SessionManager<never>, failed: Entry['failed'], fail: Entry['fail']) {
    this.manager = manager
    this.failed = failed
    this.fail = fail
  }
}

/** The sessions of one request, of one manager or of several, and what becomes of them when it is answered. */
export class RequestSessions implements HeadKeeper {
  readonly #request: NodeRequest | { readonly raw: NodeRequest }
  readonly #raw: NodeRequest
  readonly #statusOf: () => number
  /** A list and no array (`benchmarks/README.md`, "What lives too long"). */
  #first: OpenEntry | undefined
  readonly #names: Map<string, SessionManager<never>> = new Map()
  /** What the framework has told of. */
  #error: unknown
  /** How the request has ended, by which it has failed or not. What comes behind the answer changes nothing of it. */
  #outcome: readonly [status: number, error: unknown] | undefined
  /** The last one that could not be saved. */
  #broken: OpenEntry | undefined
  /** The errors that `onEvent` knows of: one may come several ways, and each is told once. */
  #told: Set<unknown> | undefined
  /** Whether its reply, in Fastify, waits for the store. */
  isUnderWay = false
  #progress: 'open' | 'completing' | 'complete' = 'open'
  #isClientGone = false

  constructor(request: NodeRequest | { readonly raw: NodeRequest }, statusOf: () => number) {
    this.#request = request
    this.#raw = rawOf(request)
    this.#statusOf = statusOf
    stateFor(this.#raw).sessions = this
  }

  /** Those of a request, if there is a middleware in front of it. */
  static of(request: NodeRequest): RequestSessions | undefined {
    return stateOf(request)?.sessions as RequestSessions | undefined
  }

  /** Those that have a property of this name: the request's own, or those of what it inherits from or stands before. */
  static near(request: NodeRequest, as: string): RequestSessions | undefined {
    for (let at: NodeRequest | null = request; at !== null; at = Object.getPrototypeOf(at)) {
      const sessions = nearestState(at)?.sessions as RequestSessions | undefined
      if (sessions?.managerNamed(as) !== undefined) return sessions
    }
    return undefined
  }

  get isComplete(): boolean {
    return this.#progress === 'complete'
  }

  /** They wait for this response, and it for them. */
  hold(response: NodeResponse): void {
    // Node says so of a request that an `upgrade` event took: what stands in for its response never goes out.
    if (response.headersSent || (this.#raw as { readonly upgrade?: unknown }).upgrade === true) {
      this.#giveUp()
      return
    }
    new HeldResponse(holdable(response), this)
    whenClientIsGone(this.#raw, response, () => this.#clientIsGone())
  }

  /** One manager more, if it is not here already. */
  add(manager: SessionManager<never>, failed: Entry['failed'], fail: Entry['fail']): void {
    const added = new OpenEntry(manager, failed, fail)
    if (this.#first === undefined) this.#first = added
    for (let entry: OpenEntry = this.#first; entry.manager !== manager; entry = entry.next) entry.next ??= added
    if (this.#isClientGone) this.#clientIsGone()
  }

  /** From now on a property of the request is the handle of this manager's session. */
  name(as: string, manager: SessionManager<never>): void {
    this.#names.set(as, manager)
  }

  /** The manager whose sessions a property of the request has. */
  managerNamed(as: string): SessionManager<never> | undefined {
    return this.#names.get(as)
  }

  /** The handle that a property of the request has. */
  named(as: string): SessionHandle<never> | undefined {
    const manager = this.managerNamed(as)
    return manager && this.#handleOf(manager)
  }

  /** The handle of a manager's session, which is opened when somebody asks for it. */
  #handleOf(manager: SessionManager<never>): SessionHandle<never> {
    let entry = this.#first as OpenEntry
    while (entry.manager !== manager) entry = entry.next as OpenEntry
    if (entry.handle !== undefined) return entry.handle
    const handle = this.#open(entry)
    // The head is gone: the session is as after any commit.
    if (this.#progress !== 'open') void completeHeaders(handle, new Headers(), { save: 'nothing' })
    return handle
  }

  /** The request has failed. */
  tell(error: unknown): void {
    this.#error = error ?? new Error('the request has failed')
    if (this.#told?.has(error)) return
    this.#noteTold(error)
    for (let entry = this.#first; entry !== undefined; entry = entry.next)
      if (entry.handle !== undefined) tellFailure(entry.handle, error)
  }

  #noteTold(error: unknown): void {
    this.#told ??= new Set()
    this.#told.add(error)
  }

  /** There is no head any more on which a cookie could go. */
  #giveUp(): void {
    this.#progress = 'complete'
  }

  /** Nobody may ever answer. What waits for that can wait, but for a sign-out, which must not fail open. */
  #clientIsGone(): void {
    this.#isClientGone = true
    if (this.isComplete) return
    for (let entry = this.#first; entry !== undefined; entry = entry.next) {
      try {
        signOutAtOnce(entry.handle ?? this.#open(entry))
      } catch {
        // No handle can be opened, as whoever asks for it is told.
      }
    }
  }

  complete(headers: HeaderFields): Awaitable<void> {
    if (this.isComplete) return undefined
    this.#progress = 'completing'
    this.#outcome = [this.#statusOf(), this.#error]
    return this.#completeFrom(this.#first, headers)
  }

  fail(error: unknown): void {
    const { fail } = this.#broken ?? (this.#first as OpenEntry)
    fail(error)
  }

  #completeFrom(first: OpenEntry | undefined, headers: HeaderFields): Awaitable<void> {
    for (let entry = first; entry !== undefined; entry = entry.next) {
      const current = entry
      const saving = this.#completeOne(current, headers)
      // By then there may be another one behind it.
      if (saving !== undefined) return saving.then(() => this.#completeFrom(current.next, headers))
    }
    this.#progress = 'complete'
  }

  #completeOne(entry: OpenEntry, headers: HeaderFields): Promise<void> | undefined {
    const broken = (error: unknown): undefined => {
      // It fails where nothing is left to be saved, as one of an older copy of core may: who answers would meet it for ever.
      if (entry.isBroken) return
      entry.isBroken = true
      this.#broken = entry
      this.#progress = 'open'
      // Core has told it.
      this.#noteTold(error)
      throw error
    }
    try {
      const save = this.#saves(entry)
      const handle = entry.handle ?? this.#openUnused(entry, save)
      if (handle === undefined) return undefined
      const saving = completeHeaders(handle, headers, { save })
      return isPromise(saving) ? saving.catch(broken) : undefined
    } catch (error) {
      return broken(error)
    }
  }

  #saves(entry: OpenEntry): ToSave {
    if (entry.isBroken) return 'nothing'
    if (this.#broken !== undefined) return 'sign-out'
    const [status, error] = this.#outcome as readonly [number, unknown]
    return entry.failed(status, error) ? 'sign-out' : 'all'
  }

  /** Nobody has asked for it here. But somebody may have by the manager itself, or the manager may want it. */
  #openUnused(entry: OpenEntry, save: ToSave): SessionHandle<never> | undefined {
    const isWanted =
      hasRequest(this.#raw) || (save === 'all' && isDueUnused(entry.manager.open(this.#raw.headers.cookie)))
    return isWanted ? this.#open(entry) : undefined
  }

  #open(entry: OpenEntry): SessionHandle<never> {
    entry.handle = entry.manager.begin(sourceOf(this.#request))
    return entry.handle
  }
}

export function failedByDefault(status: number, error: unknown): boolean {
  return status >= 500 || (error !== undefined && !isAnswer(error))
}

function isPromise(value: Awaitable<void>): value is Promise<void> {
  return typeof (value as Promise<void> | undefined)?.then === 'function'
}
