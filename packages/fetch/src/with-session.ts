import {
  type HandleOptions,
  isSessionError,
  managerOf,
  type SessionData,
  type SessionHandle,
  type SessionSource,
} from '@fetch-sessions/core'

/** What the platform calls: `fetch(request, env, ctx)` on Workers, `(request, info)` on Deno, `(request, server)` on Bun. */
export type FetchHandler<Rest extends readonly unknown[]> = (request: Request, ...rest: Rest) => Promise<Response>

/** A fetch handler with the session of its request. */
export type SessionHandler<Data, Rest extends readonly unknown[]> = (
  request: Request,
  session: SessionHandle<Data>,
  ...rest: Rest
) => Response | Promise<Response>

/** What a handler may return in the place of a response: nothing, if what it gets is Bun's server, which can upgrade. */
type NothingOn<Server> = Server extends { upgrade(request: Request, ...options: never[]): boolean } ? undefined : never

/**
 * Gives a fetch handler its session. The result has the platform's signature.
 *
 * `sessions` is a `SessionManager`, its options, or a function of what the platform passes behind the request that
 * returns either; it is called once for each `env`, not once for each request: another object with the same bindings gets
 * the same manager.
 *
 * A `SessionError` that the handler does not catch, such as a store that is down, is answered with a plain 500 without
 * details, after `onEvent` was told. Any other error passes through.
 *
 * @example
 * ```ts
 * export default {
 *   fetch: withSession(
 *     async (request, session, env: Env) => new Response(`${(await session.read()).get('count') ?? 0}`),
 *     (env: Env) => ({ store: kvStore(env.SESSIONS), secret: env.SECRET }),
 *   ),
 * }
 * ```
 */
export function withSession<Data = SessionData, Rest extends readonly unknown[] = []>(
  handler: SessionHandler<Data, Rest>,
  sessions: SessionSource<Data, Rest>,
): FetchHandler<Rest>
/** The same where the handler and `sessions` name different parts of what the platform passes. */
export function withSession<Data, Rest extends readonly unknown[], Args extends readonly unknown[]>(
  handler: SessionHandler<Data, Rest>,
  sessions: SessionSource<Data, Args>,
): FetchHandler<Rest extends readonly [...Args, ...unknown[]] ? Rest : Args>
/** The same on Bun, whose server has answered when `server.upgrade(request)` is true. Then there is nothing to return. */
export function withSession<Data, Server>(
  handler: (
    request: Request,
    session: SessionHandle<Data>,
    server: Server,
  ) => Response | NothingOn<Server> | Promise<Response | NothingOn<Server>>,
  sessions: SessionSource<Data, [server: Server]>,
): (request: Request, server: Server) => Promise<Response | undefined>
export function withSession<Data, Rest extends readonly unknown[]>(
  handler: (...args: [request: Request, session: SessionHandle<Data>, ...Rest]) => unknown,
  sessions: SessionSource<Data, Rest>,
): FetchHandler<Rest> {
  if (typeof handler !== 'function')
    throw new TypeError('fetch-sessions: withSession needs a handler, and then sessions')
  const manager = managerOf(sessions)
  // Core checks that it is a response, and knows when Bun has answered.
  const respond = handler as SessionHandler<Data, Rest>
  return (request, ...rest) => {
    try {
      return manager(rest[0], ...rest).handle(request, (session) => respond(request, session, ...rest), options)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

const options: HandleOptions = { respond: respondWithoutDetails }

/** What went wrong with the session is told by `onEvent`, and nobody else's business. */
function respondWithoutDetails(error: unknown): Response | undefined {
  if (!isSessionError(error)) return undefined
  return new Response('Internal Server Error', { status: 500, headers: { 'Cache-Control': 'no-store' } })
}
