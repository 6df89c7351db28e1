import {
  checkPropertyName,
  discard,
  isHandle,
  isResponse,
  isSessionError,
  keeperOf,
  managerOf,
  rejectUnknown,
  type SessionData,
  SessionError,
  type SessionHandle,
  type SessionManager,
  type SessionSource,
  signOutAtOnce,
  tellFailure,
} from '@fetch-sessions/core'
import { type IRequest, error as toResponse } from 'itty-router'

/** A request whose session is at `request.session`, or under the name given as `as`. */
export type SessionRequest<Data = SessionData, As extends string = 'session'> = IRequest & {
  [K in As]: SessionHandle<Data>
}

/**
 * Hooks to be spread into `Router` or `AutoRouter`, or to be put among others. All three belong together: a `finally` of your
 * own behind them replaces theirs, and no session is saved. Write `finally: [corsify, ...hooks.finally]`.
 */
export interface SessionHooks<Args extends unknown[]> {
  /** Gives the request its session. */
  before: [(request: IRequest, ...args: Args) => void]
  /** Saves nothing but a `destroy()`, unless `keep` says otherwise, and makes a response of the error. */
  catch: (error: unknown, request: IRequest, ...args: Args) => Promise<Response>
  /**
   * Saves the session and adds its cookie. Goes behind what formats the response. `undefined` where there is none: nothing is
   * saved then but a `destroy()`.
   */
  finally: [
    (response: Response | undefined, request: IRequest, ...args: Args) => Promise<Response | undefined> | undefined,
  ]
}

/** Options of `session`. */
export interface SessionOptionsForRouter<As extends string, Args extends unknown[]> {
  /** The property of the request that holds the handle. Default `session`. */
  as?: As
  /** Makes a response of an error. Default: itty-router's `error`, without the message of an error that has no status. */
  catch?: (error: unknown, request: IRequest, ...args: Args) => Response | Promise<Response>
  /**
   * Whether what was thrown is an answer and not a failure. Then the session is saved, and the page of the error brings its
   * cookie. For one-time codes and counters of attempts, which a `StatusError` would undo:
   * `keep: (error) => error instanceof StatusError && error.status < 500`. Default: a `Response` below 500 is one.
   */
  keep?: (error: unknown) => boolean
}

/**
 * Gives each request its session, as `request.session`.
 *
 * `sessions` is a `SessionManager`, its options, or a function of what `router.fetch` gets behind the request (`env, ctx`
 * on Workers) that returns either; it is called once for each `env`, not once for each request: another object with the
 * same bindings gets the same manager.
 *
 * @example
 * ```ts
 * const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret })
 * const router = AutoRouter({ ...session(sessions) })
 *
 * router.get('/', async (request: SessionRequest<{ count: number }>) => {
 *   const session = await request.session.write()
 *   return `Visit ${session.update('count', (n = 0) => n + 1)}`
 * })
 * ```
 */
export function session<Data = SessionData, As extends string = 'session', Args extends unknown[] = unknown[]>(
  sessions: SessionSource<Data, Args>,
  options: SessionOptionsForRouter<As, Args> = {},
): SessionHooks<Args> {
  const manager = managerOf(sessions)
  rejectUnknown('session: ', options, ['as', 'catch', 'keep'])
  const { as = 'session', catch: respond = respondWithoutDetails } = options
  checkPropertyName('as', as)
  const keeps = keeperOf(options.keep)
  /** The handle that `before` has set: also where the request has other cookies by now, or is another proxy. */
  const ownHandle = (request: IRequest): SessionHandle<Data> | undefined => {
    const handle: unknown = request[as]
    return runOf(hooks, handle) && (handle as SessionHandle<Data>)
  }
  /** The router is done with the request: whoever is outside goes on with its own handle. */
  const leave = (request: IRequest, handle: SessionHandle<Data>): void => {
    const run = runOf(hooks, handle)
    // A hook in front of `before` has answered, and these hooks have done nothing.
    if (run === undefined) return
    innermost.set(handle, run.around)
    if (run.around === undefined) left.add(handle)
    if (isHandle(run.outer)) request[as] = run.outer
  }
  /** Handles of requests that the outermost router is done with, as it seems. */
  const left: WeakSet<object> = new WeakSet()
  const hooks: SessionHooks<Args> = {
    before: [
      (request, ...args) => {
        const handle = manager(args[0], ...args).begin(asRequest(request))
        innermost.set(handle, new Run(hooks, innermost.get(handle), request[as]))
        request[as] = handle
      },
    ],
    catch: async (thrown, request, ...args) => {
      const sessions = manager(args[0], ...args)
      const own = ownHandle(request)
      const handle = own ?? sessions.open(asRequest(request))
      const isInner = (own === undefined ? innermost.get(handle) : runOf(hooks, own)?.around) !== undefined
      let error = own === undefined && left.has(handle) ? explained(thrown) : thrown
      const answer = async (): Promise<Response> => {
        if (isSessionError(error)) tell(handle, error)
        if (isResponse(error)) return error
        try {
          return await respond(error, request, ...args)
        } catch (broken) {
          // No page at all, so no cookie goes out. A sign-out is carried out all the same, and nothing else is saved.
          if (!isInner) await sessions.commit(handle, Response.error(), { failed: true }).catch(() => {})
          if (own !== undefined) leave(request, own)
          throw broken
        }
      }
      const commit = async (response: Response, failed: boolean): Promise<Response> => {
        if (!isInner) return commitOrDiscard(sessions, handle, response, failed)
        // The router around this one commits.
        if (failed) sessions.fail(handle)
        return response
      }
      if (!keeps(thrown)) return commit(await answer(), true)
      const page = await answer()
      try {
        return await commit(page, false)
      } catch (failure) {
        error = failure
        return commit(await answer(), true)
      }
    },
    finally: [
      (response, request, ...args) => {
        const sessions = manager(args[0], ...args)
        const handle = ownHandle(request) ?? sessions.open(asRequest(request))
        leave(request, handle)
        if (innermost.get(handle) !== undefined) return undefined
        if (response !== undefined) return commitOrDiscard(sessions, handle, response, false)
        // No answer: no route matched, and a router around this one may have more. A sign-out waits for none of them.
        return Promise.resolve(signOutAtOnce(handle)).then(() => undefined)
      },
    ],
  }
  return hooks
}

async function commitOrDiscard<Data>(
  sessions: SessionManager<Data>,
  handle: SessionHandle<Data>,
  response: Response,
  failed: boolean,
): Promise<Response> {
  try {
    return await sessions.commit(handle, response, { failed })
  } catch (error) {
    void discard(response)
    throw error
  }
}

/** A router at work on a request, with its hooks. */
class Run {
  readonly hooks: object
  /** The one that it is within, of the same manager: that commits. */
  readonly around: Run | undefined
  /** What the request had in the place of the handle. */
  readonly outer: unknown

  constructor(hooks: object, around: Run | undefined, outer: unknown) {
    this.hooks = hooks
    this.around = around
    this.outer = outer
  }
}

/** By the handle of a request, the innermost router at work on it. All hooks share it, since each router may have its own. */
const innermost: WeakMap<object, Run | undefined> = new WeakMap()

function runOf(hooks: object, handle: unknown): Run | undefined {
  let run = typeof handle === 'object' && handle !== null ? innermost.get(handle) : undefined
  while (run !== undefined && run.hooks !== hooks) run = run.around
  return run
}

/**
 * Nothing tells these hooks which router calls them. If they are in two, one within the other, and the inner one answers
 * before its `before` has run, its `finally` commits the session of the outer one, which then can't change it any more.
 */
function explained(error: unknown): unknown {
  if (!isSessionError(error) || error.code !== 'ERR_SESSION_COMMITTED') return error
  return new SessionError(
    error.code,
    'The session was committed by the "finally" of these hooks already: put that behind all that changes the session, and give a router within another one hooks of its own, by another call of session(sessions)',
    { cause: error },
  )
}

/** Of which error `onEvent` was told last, by the handle. An error may reach the routers around this one as well. */
const told: WeakMap<object, unknown> = new WeakMap()

function tell<Data>(handle: SessionHandle<Data>, error: unknown): void {
  if (told.get(handle) === error) return
  told.set(handle, error)
  tellFailure(handle, error)
}

/**
 * The handle that `session` has set, for code that has the request but not its type. Where `request.session` would be
 * `undefined`, since no hook ran before, this says so.
 *
 * @throws TypeError if no hook of `session` ran before
 *
 * @example
 * ```ts
 * const requireUser = async (request: IRequest) => {
 *   const session = await sessionOf<{ userId: string }>(request).read()
 *   return session.get('userId') === undefined ? error(401) : undefined
 * }
 * ```
 */
export function sessionOf<Data = SessionData>(request: IRequest, as: string = 'session'): SessionHandle<Data> {
  const handle: unknown = request[as]
  if (!isHandle<Data>(handle)) {
    const hooks = as === 'session' ? 'session(sessions)' : `session(sessions, { as: '${as}' })`
    throw new TypeError(
      handle === undefined
        ? `fetch-sessions: request.${as} is not set, since no hook of session ran before: make the router with { ...${hooks} }, or put its "before" in front of this`
        : `fetch-sessions: request.${as} is no session: something else has set it, or is a parameter of the route. Take another name for one of the two (session(sessions, { as }))`,
    )
  }
  return handle
}

/** An error with a status was made to be seen; the message of any other is nobody's business. */
function respondWithoutDetails(error: unknown): Response {
  return hasStatus(error) ? toResponse(error) : toResponse(500)
}

function hasStatus(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
}

/** itty-router types its request loosely; it is the platform's, or a proxy of it. */
function asRequest(request: IRequest): Request {
  return request as unknown as Request
}
