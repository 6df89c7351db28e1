import {
  isResponse,
  managerOf,
  type ReadableSession,
  rejectUnknown,
  type SessionData,
  type SessionHandle,
  type SessionManager,
  type SessionSource,
  type WritableSession,
} from '@fetch-sessions/core'
import { type NextFetchEvent, type NextRequest, NextResponse } from 'next/server.js'
import { type CurrentRequest, CurrentRequests } from './current-request.js'
import { passCookiesOn, setCookies } from './next-cookies.js'
import { answerOf, FailedWith, isThrownAnswer, responseOf } from './thrown-answer.js'
import type { Action, NextProxyHandler, RouteHandler, RouteOptions } from './wrappers.js'

/**
 * Sessions for an application of Next.
 *
 * `sessions` is a function that returns the options or a `SessionManager`, and is called once, with the first request: a
 * build, which has no secret, loads the same modules. Options or a manager do as well.
 *
 * @example
 * ```ts
 * export const sessions = nextSessions<{ count: number }>(() => ({
 *   store: oncePerProcess('sessions', () => new MemoryStore()),
 *   secret: process.env.SESSION_SECRET,
 * }))
 * ```
 */
export function nextSessions<Data = SessionData>(sessions: SessionSource<Data, []>): NextSessions<Data> {
  return new NextSessions(sessions)
}

/** The sessions of an application of Next. */
export class NextSessions<Data> {
  readonly #manager: (env: unknown) => SessionManager<Data>
  readonly #requests = new CurrentRequests()

  constructor(sessions: SessionSource<Data, []>) {
    this.#manager = managerOf(sessions)
  }

  /** The manager itself, for what needs no request: `listByOwner`, `destroy`, `issue`. */
  get manager(): SessionManager<Data> {
    return this.#manager(undefined)
  }

  /**
   * The session of this request, to be read: in server components, and in what actions and route handlers call. A
   * component that is rendered after an action sees what it did.
   * @throws SessionStoreError if the store fails
   */
  async read(): Promise<ReadableSession<Data>> {
    const { request } = await this.#requests.find()
    return this.manager.read(request)
  }

  /**
   * The session of this request, to be changed: in what a wrapped action, route handler or proxy calls, which saves it.
   * @throws TypeError where nothing would save it, as in a server component
   */
  async write(): Promise<WritableSession<Data>> {
    return (await this.open()).write()
  }

  /**
   * The handle of this request, for its `save` and `exclusive`: in what a wrapped action, route handler or proxy calls.
   * @throws TypeError where nothing would save it, as in a server component
   */
  async open(): Promise<SessionHandle<Data>> {
    const { request, depth } = await this.#requests.find()
    if (depth > 0) return this.manager.open(request)
    throw new TypeError(
      'fetch-sessions: a session can be changed in sessions.action(…), sessions.route(…) and sessions.proxy(…) alone, since Next sets no cookie elsewhere: wrap the function that this is called by, or use sessions.read()',
    )
  }

  /**
   * A server action with its session. What it did is saved when it returns, and when it ends in `redirect()` or
   * `notFound()`. Any other throw saves nothing but a `destroy()`.
   *
   * @example
   * ```ts
   * 'use server'
   *
   * export const signIn = sessions.action(async (session, form: FormData) => {
   *   ;(await session.write()).set('userId', await check(form)).regenerate()
   *   redirect('/')
   * })
   * ```
   */
  action<Args extends readonly unknown[], Result>(
    action: Action<Data, Args, Result>,
  ): (...args: Args) => Promise<Result> {
    checkFunction(action, 'action')
    return async (...args) => {
      let result: { readonly value: Result } | undefined
      const { response, current } = await this.#handle(async (session) => {
        result = { value: await action(session, ...args) }
        return new Response()
      })
      setCookies(current.jar, response)
      return (result as unknown as { readonly value: Result }).value
    }
  }

  /**
   * A route handler with its session. What it did is saved, and sent with the response that it returns, or throws with a
   * status below 500, or that `redirect()` or `notFound()` makes. Any other throw saves nothing but a `destroy()`.
   *
   * A handler that makes a response of each error by itself, as those of tRPC and GraphQL do, throws nothing: `failed` says
   * by the response whether it stands for an error.
   *
   * Under `dynamic = 'force-static'`, by which Next gives one response to everybody, it throws a TypeError, which ends the
   * build.
   *
   * @example
   * ```ts
   * export const POST = sessions.route(async (request, session) => {
   *   const count = (await session.write()).update('count', (n = 0) => n + 1)
   *   return Response.json({ count })
   * })
   * ```
   */
  route<Rest extends readonly unknown[]>(
    handler: RouteHandler<Data, Rest>,
    options: RouteOptions = {},
  ): (request: NextRequest, ...rest: Rest) => Promise<Response> {
    checkFunction(handler, 'route')
    rejectUnknown('sessions.route: ', options, ['failed'])
    const { failed = nothing } = options
    checkFunction(failed, 'route: failed')
    return async (request, ...rest) => {
      await this.#refuseStatic()
      const { response } = await this.#handle(
        async (session) => {
          try {
            return await handler(request, session, ...rest)
          } catch (thrown) {
            return responseOf(thrown, request) ?? answerOf(thrown)
          }
        },
        { failed },
      )
      return response
    }
  }

  /**
   * A proxy with its session, of which the page behind it sees what it did. Without a function it does the one thing that
   * server components can't: it extends a session that is used, in the store and in the browser. Next answers 500 where a
   * proxy calls `redirect()`, so nothing is saved then: return `NextResponse.redirect(url)`.
   *
   * @example
   * ```ts
   * export const proxy = sessions.proxy()
   * export const config = { matcher: ['/((?!_next/static|_next/image|favicon.ico).*)'] }
   * ```
   */
  proxy(handler: NextProxyHandler<Data> = use): (request: NextRequest, event: NextFetchEvent) => Promise<Response> {
    checkFunction(handler, 'proxy')
    return async (request, event) => {
      const { response } = await this.#handle(
        async (session) => {
          try {
            return (await handler(request, session, event)) ?? NextResponse.next()
          } catch (thrown) {
            return answerOf(thrown)
          }
        },
        { isAnswered: nothing },
      )
      return passCookiesOn(response)
    }
  }

  async #refuseStatic(): Promise<void> {
    const { isStatic } = await this.#requests.find()
    if (!isStatic) return
    throw new TypeError(
      "fetch-sessions: with dynamic = 'force-static', Next keeps one response for everybody, cookie and all: leave it out of the file of a route handler that is wrapped by sessions.route(…)",
    )
  }

  /**
   * Core does all of it. What Next takes for a throw, but answers with, is handed to core as the answer that it is.
   * `isAnswered`: whether Next does so. `failed`: which responses of the handler's own stand for an error.
   */
  async #handle(
    handler: (session: SessionHandle<Data>) => Promise<Response>,
    {
      isAnswered = isThrownAnswer,
      failed = nothing,
    }: { isAnswered?: (thrown: unknown) => boolean } & RouteOptions = {},
  ): Promise<{ response: Response; current: CurrentRequest }> {
    const current = await this.#requests.find()
    let thrown: { readonly value: unknown } | undefined
    const respond = (value: unknown, status: number): Response => {
      thrown = { value }
      return new Response(null, { status })
    }
    current.depth++
    try {
      const response = await this.manager.handle(
        current.request,
        (session) =>
          handler(session).catch((error) => {
            if (isAnswered(error)) return respond(error, 200)
            throw isResponse(error) ? new FailedWith(error) : error
          }),
        { failed, respond: (error) => respond(error instanceof FailedWith ? error.response : error, 500) },
      )
      if (thrown === undefined) return { response, current }
      setCookies(current.jar, response)
      throw thrown.value
    } finally {
      current.depth--
      if (current.depth === 0) this.#requests.forget(current)
    }
  }
}

/** Of a proxy's throws Next answers with none, and of a response nobody has said that it stands for an error. */
const nothing = (): boolean => false

async function use(_request: NextRequest, session: { read(): Promise<unknown> }): Promise<undefined> {
  await session.read()
}

function checkFunction(given: unknown, name: string): void {
  if (typeof given !== 'function') throw new TypeError(`fetch-sessions: sessions.${name} takes a function`)
}
