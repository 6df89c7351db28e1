import {
  isAnswer,
  isResponse,
  managerOf,
  type SessionData,
  type SessionHandle,
  type SessionSource,
} from '@fetch-sessions/core'
import { type IRequest, error as toResponse } from 'itty-router'

/** A request whose session is at `request.session`, or under the name given as `as`. */
export type SessionRequest<Data = SessionData, As extends string = 'session'> = IRequest & {
  [K in As]: SessionHandle<Data>
}

/** Hooks to be spread into `Router` or `AutoRouter`, or to be put among others. All three belong together. */
export interface SessionHooks<Args extends unknown[]> {
  /** Gives the request its session. */
  before: [(request: IRequest, ...args: Args) => void]
  /** Saves nothing but a `destroy()`, and makes a response of the error. */
  catch: (error: unknown, request: IRequest, ...args: Args) => Promise<Response>
  /** Saves the session and adds its cookie. Goes behind what formats the response. */
  finally: [(response: Response | undefined, request: IRequest, ...args: Args) => Promise<Response> | undefined]
}

/** Options of `session`. */
export interface SessionOptionsForRouter<As extends string, Args extends unknown[]> {
  /** The property of the request that holds the handle. Default `session`. */
  as?: As
  /** Makes a response of an error. Default: itty-router's `error`, without the message of an error that has no status. */
  catch?: (error: unknown, request: IRequest, ...args: Args) => Response | Promise<Response>
}

/**
 * Gives each request its session, as `request.session`.
 *
 * `sessions` is a `SessionManager`, its options, or a function of what `router.fetch` gets behind the request (`env, ctx`
 * on Workers) that returns either; it is called once for each `env` object, not once for each request.
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
  const { as = 'session', catch: respond = respondWithoutDetails } = options
  /** How many routers of these hooks are at work on a handle: one within the other leaves the commit to that one. */
  const depths = new WeakMap<object, number>()
  const enter = (handle: object, step: 1 | -1): number => {
    const depth = (depths.get(handle) ?? 0) + step
    depths.set(handle, depth)
    return depth
  }
  /** The handle that `before` has set: also where the request has other cookies by now, or is another proxy. */
  const targetOf = (request: IRequest): Request | SessionHandle<Data> => {
    const handle: unknown = request[as]
    const isOurs = typeof handle === 'object' && handle !== null && depths.has(handle)
    return isOurs ? (handle as SessionHandle<Data>) : asRequest(request)
  }
  return {
    before: [
      (request, ...args) => {
        const handle = manager(args[0], ...args).begin(asRequest(request))
        enter(handle, 1)
        request[as] = handle
      },
    ],
    catch: async (error, request, ...args) => {
      const [sessions, target] = [manager(args[0], ...args), targetOf(request)]
      // An answer that was thrown is saved, as it would be had it been returned.
      if (isResponse(error)) return sessions.commit(target, error, { failed: !isAnswer(error) })
      let page: Response
      try {
        page = await respond(error, request, ...args)
      } catch (broken) {
        // No page at all, so no cookie goes out. A sign-out is carried out all the same, and nothing else is saved.
        await sessions.commit(target, Response.error(), { failed: true }).catch(() => {})
        throw broken
      }
      return sessions.commit(target, page, { failed: true })
    },
    finally: [
      (response, request, ...args) => {
        const handle: unknown = request[as]
        const isInner = typeof handle === 'object' && handle !== null && enter(handle, -1) > 0
        // No answer: no route matched, and a router around this one may have more.
        if (isInner || response === undefined) return undefined
        return manager(args[0], ...args).commit(targetOf(request), response)
      },
    ],
  }
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
 *   if (session.get('userId') === undefined) return error(401)
 * }
 * ```
 */
export function sessionOf<Data = SessionData>(request: IRequest, as: string = 'session'): SessionHandle<Data> {
  const handle: unknown = request[as]
  if (!isHandle(handle)) {
    const hooks = as === 'session' ? 'session(sessions)' : `session(sessions, { as: '${as}' })`
    throw new TypeError(
      handle === undefined
        ? `fetch-sessions: request.${as} is not set, since no hook of session ran before: make the router with { ...${hooks} }, or put its "before" in front of this`
        : `fetch-sessions: request.${as} is no session: something else has set it, or is a parameter of the route. Take another name for one of the two (session(sessions, { as }))`,
    )
  }
  return handle as SessionHandle<Data>
}

function isHandle(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'read' in value && 'write' in value
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
