import { andThen, isPromise } from '../awaitable.js'
import type { SessionContext } from '../context.js'
import type { HandleOptions } from '../handle-options.js'
import { checkFunction, rejectUnknown } from '../option-error.js'
import type { Awaitable } from '../store/store.js'
import type { CommittedTogether } from './committed-together.js'
import { discard } from './copy-response.js'
import { beginHandle, forgetHandle } from './handle-registry.js'
import { noteCookie } from './inner-cookie.js'
import type { RequestSession, ToSave } from './request-session.js'
import { dress, type ResponseNeeds } from './response.js'
import type { SessionHandle } from './session-handle-type.js'
import { isAnswer, isKeptBy, isResponse } from './thrown.js'

const NONE: HandleOptions = {}
const HANDLE_OPTIONS = ['failed', 'keep', 'respond', 'current', 'used']

/** Calls a handler with the session of its request, and gives the response what the session needs, however it ends. */
export class RequestHandler<Data> {
  readonly #context: SessionContext
  readonly #opened: CommittedTogether<Data>
  /** The options that were found good last. */
  #checked = NONE

  constructor(context: SessionContext, opened: CommittedTogether<Data>) {
    this.#context = context
    this.#opened = opened
  }

  /** See `SessionManager.handle`. */
  async handle(
    request: Request,
    handler: (session: SessionHandle<Data>) => Response | Promise<Response>,
    options: HandleOptions = NONE,
  ): Promise<Response> {
    checkFunction('handler', handler)
    if (options !== this.#checked) this.#check(options)
    const { failed, keep } = options
    // 1. The session of this request, which touches nothing.
    const session = beginHandle<Data>(this.#context, request)
    if (session.isManaged) return handler(session)
    session.isManaged = true
    session.onUse = options.used
    this.#opened.enter(session, options.current)
    /** What is left to be saved if the commit fails, once the handler has returned. */
    let left: ToSave | undefined
    let opened = [session]
    let response: Response | undefined
    try {
      // 2. The handler.
      response = await handler(session)
      const isAnswered = isResponse(response)
      const what = isAnswered && failed?.(response) ? 'sign-out' : 'all'
      // One that gave no response has failed: a sign-out is carried out all the same.
      left = isAnswered || (response === undefined && session.isUpgradedByCall) ? 'nothing' : 'sign-out'
      // 3. What it did is stored, and the response gets what it needs.
      const committed = this.#opened.isAlone(request, session)
        ? this.#commit(session, response, what)
        : this.commitAll(this.#opened.handled(request, session), response, what)
      return isPromise(committed) ? await committed : committed
    } catch (error) {
      opened = this.#opened.handled(request, session)
      if (isResponse(response)) void discard(response)
      return left === undefined
        ? await this.#commitThrown(opened, error, isKeptBy(keep ?? isAnswer, error), options)
        : await this.#fail(opened, error, left, options)
    } finally {
      this.#opened.leave(session)
      session.isManaged = false
      // 4. After a failure, the same request can be handled again, and these handles are over.
      for (const open of opened) {
        if (open.isOver) continue
        forgetHandle(open.request() ?? request, open)
        open.abandon()
      }
    }
  }

  /** Once for those that an adapter gives with each request. */
  #check(options: HandleOptions): void {
    rejectUnknown('handle: ', options, HANDLE_OPTIONS)
    const { failed, keep } = options
    if (failed !== undefined) checkFunction('failed', failed)
    if (keep !== undefined) checkFunction('keep', keep)
    this.#checked = options
  }

  /** The response with what the sessions need, in this order, once each is stored. */
  commitAll(sessions: readonly RequestSession<Data>[], response: Response, what: ToSave, at = 0): Awaitable<Response> {
    const committed = this.#commit(sessions[at] as RequestSession<Data>, response, what)
    if (at + 1 === sessions.length) return committed
    return andThen(committed, (response) => this.commitAll(sessions, response, what, at + 1))
  }

  #commit(session: RequestSession<Data>, response: Response, what: ToSave): Awaitable<Response> {
    // After Bun's upgrade there is nothing to return. A cookie would have gone out with headers that were given to it.
    if (response === undefined && session.isUpgradedByCall) return this.#commitKept(session).then(() => response)
    if (!isResponse(response)) throw new TypeError('fetch-sessions: the handler must return a Response')
    const needs = session.commit(what, response.headers)
    return isPromise(needs) ? needs.then((needs) => this.#dress(response, needs)) : this.#dress(response, needs)
  }

  #dress(response: Response, needs: ResponseNeeds | undefined): Response {
    if (needs === undefined) return response
    const dressed = dress(response, needs)
    const isLost = dressed === undefined || (needs.isUpgraded && response.ok && response.body === null)
    if (isLost) this.#context.emit?.({ type: 'dropped', id: needs.id, reason: 'response' })
    else if (needs.cookies.length > 0) noteCookie(dressed.headers, this.#context)
    return dressed ?? response
  }

  /** The handler threw: an answer is stored like any other, and thrown on. */
  async #commitThrown(
    opened: RequestSession<Data>[],
    thrown: unknown,
    isKept: boolean,
    options: HandleOptions,
  ): Promise<Response> {
    if (!isKept && !isResponse(thrown)) return this.#fail(opened, thrown, 'sign-out', options)
    let answer = thrown
    try {
      if (isResponse(thrown)) answer = await this.commitAll(opened, thrown, isKept ? 'all' : 'sign-out')
      else for (const session of opened) await this.#commitKept(session)
    } catch (error) {
      if (isResponse(thrown)) void discard(thrown)
      return this.#fail(opened, error, 'nothing', options)
    }
    throw answer
  }

  /** An answer that is no Response, or went out already: who keeps it sends the cookie, by `commitCookies` or `commitHeaders`. */
  async #commitKept(session: RequestSession<Data>): Promise<void> {
    const needs = await session.commit('all', undefined)
    if (needs === undefined || needs.cookies.length === 0) return
    this.#context.emit?.({ type: 'dropped', id: needs.id, reason: 'response' })
  }

  /** Where the adapter makes a response of the error, that gets the cookie of what was saved before it. */
  async #fail(opened: RequestSession<Data>[], error: unknown, what: ToSave, options: HandleOptions): Promise<Response> {
    opened[0]?.tellFailure(error)
    const response = options.respond?.(error)
    if (response !== undefined) return this.commitAll(opened, response, what)
    if (what === 'sign-out') for (const session of opened) await session.commit(what, undefined)
    throw error
  }
}
