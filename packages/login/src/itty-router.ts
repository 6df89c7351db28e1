/**
 * The guards of `@fetch-sessions/login` as a step of itty-router, with a typed user.
 *
 * @module @fetch-sessions/login/itty-router
 */

import type { IRequest } from 'itty-router'
import type { Auth, GuardOptions, Login } from './index.js'
import type { AnySessionManager } from './options.js'

/** A request that a guard has let pass. */
export type UserRequest<User, Key extends string = string> = IRequest & {
  /** Who is signed in. */
  user: User
  auth: Auth<User, Key>
}

/**
 * Lets only those pass who are signed in, and gives the handlers `request.user` and `request.auth`: in `before`, or in
 * front of a route's handler. It stands behind the hooks of `@fetch-sessions/itty-router`, which store what it does.
 *
 * @throws TypeError if an option can't work
 * @example
 * ```ts
 * const router = AutoRouter({ ...session(sessions) })
 *
 * router.get('/account', guard(login), (request: UserRequest<User>) => `Hello ${request.user.name}`)
 * ```
 */
export function guard<User, Env, Manager extends AnySessionManager>(
  login: Login<User, Env, Manager>,
  options: GuardOptions<User, Env> = {},
): (request: IRequest, env?: Env, ...rest: unknown[]) => Promise<Response | undefined> {
  const check = login.guard(options)
  return async (request, env) => {
    const own = request as unknown as Request
    const refused = await check(own, env as Env)
    if (refused !== undefined) return refused
    const auth = login.of(own, env)
    request.auth = auth
    request.user = await auth.user()
    return undefined
  }
}
