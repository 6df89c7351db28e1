import type { MiddlewareHandler } from 'hono'
import type { Auth, GuardOptions, Login } from './index.js'
import type { AnySessionManager, KeyOf } from './options.js'

/** What the middleware adds to an app's `Variables`. */
export interface LoginEnv<User, Key extends string = string> {
  Variables: {
    /** Who is signed in. */
    user: User
    auth: Auth<User, Key>
  }
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
  options: GuardOptions<User> = {},
): MiddlewareHandler<LoginEnv<User, KeyOf<Manager>>> {
  const check = login.guard(options)
  return async (c, next) => {
    const request = c.req.raw
    const env = c.env as Env
    const refused = await check(request, env)
    if (refused !== undefined) return refused
    const auth = login.of(request, env)
    c.set('auth', auth)
    c.set('user', (await auth.user()) as User)
    return next()
  }
}
