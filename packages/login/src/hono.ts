/**
 * The guards of `@fetch-sessions/login` as a middleware of Hono, with a typed user.
 *
 * @module @fetch-sessions/login/hono
 */

import type { Context, MiddlewareHandler } from 'hono'
import type { Auth, GuardOptions, Login, RefusedRequest } from './index.js'
import type { AnySessionManager, Awaitable, KeyOf } from './options.js'

/** What the middleware adds to an app's `Variables`. */
export interface LoginEnv<User, Key extends string = string> {
  Variables: {
    /** Who is signed in. */
    user: User
    auth: Auth<User, Key>
  }
}

/** Those of `login.guard`, but that `refused` gets the context as well. */
export interface HonoGuardOptions<User, Env = unknown> extends Omit<GuardOptions<User, Env>, 'refused'> {
  /** Your own answer to a request that may not pass; nothing: the guard's. It never lets one pass. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the app's variables are
  refused?: (refused: RefusedRequest, c: Context<any>) => Awaitable<Response | undefined>
}

/**
 * Lets only those pass who are signed in, and gives the handlers `c.var.user` and `c.var.auth`. It stands behind
 * `session(login.sessions)` of `@fetch-sessions/hono`, which stores what it does.
 *
 * @throws TypeError if an option can't work
 * @example
 * ```ts
 * const app = new Hono()
 *   .use(session(sessions))
 *   .get('/account', guard(login), (c) => c.text(`Hello ${c.var.user.name}`))
 *   .post('/account/delete', guard(login, { fresh: 300 }), (c) => c.text('Gone'))
 * ```
 */
export function guard<User, Env, Manager extends AnySessionManager>(
  login: Login<User, Env, Manager>,
  { refused: answer, ...options }: HonoGuardOptions<User, Env> = {},
): MiddlewareHandler<LoginEnv<User, KeyOf<Manager>>> {
  const contexts = new WeakMap<Request, Context>()
  const check = login.guard({
    ...options,
    ...(answer !== undefined && {
      refused: (refused) => answer(refused, contexts.get(refused.request) as Context),
    }),
  })
  return async (c, next) => {
    const request = c.req.raw
    contexts.set(request, c)
    const env = c.env as Env
    const refused = await check(request, env)
    if (refused !== undefined) return refused
    const auth = login.of(request, env)
    c.set('auth', auth)
    c.set('user', (await auth.user()) as User)
    return next()
  }
}
