import { isHandle, managerOf, type SessionData, type SessionManager, type SessionSource } from '@fetch-sessions/core'
import type { Account } from './account.js'
import type { Auth } from './auth.js'
import { CredentialHash } from './credential.js'
import { wrong } from './errors.js'
import { emitter } from './events.js'
import { createGuard, type Guard, type GuardOptions, isRequest } from './guard.js'
import {
  type AnySessionHandle,
  type AnySessionManager,
  checkOptions,
  type KeyOf,
  type LoginOptions,
  type ManagerOf,
} from './options.js'
import { RequestAuth } from './request-auth.js'
import { safeNext } from './safe-next.js'

/** Who is signed in, for all requests of an application. Make one, once, and share it. */
export interface Login<User, Env = unknown, Manager extends AnySessionManager = AnySessionManager> {
  /**
   * Who is signed in with this request: synchronous, touches nothing, and is the same for the same Request. `env` is what
   * the platform hands to a handler, where the options are made of it.
   *
   * A handle of the session does as well, where a framework has no `Request`.
   */
  of(request: Request | AnySessionHandle, env?: Env): Auth<User, KeyOf<Manager>>
  /**
   * Lets only those pass who are signed in, and asks for more if the options say so.
   *
   * A `GET` whose `Accept` names `text/html` is sent to `redirectTo` with `next` when nobody is signed in, and to
   * `confirmAt` when something fresh is asked for. Everything else gets 401 for nobody, 403 for who may not, and 403 with
   * `{ code: 'reauth' }`; who takes `text/html`, a page that says so.
   *
   * @throws TypeError if an option can't work
   * @example
   * ```ts
   * const guard = login.guard({ fresh: 300 })
   * const respond = async (request: Request): Promise<Response> => (await guard(request)) ?? new Response('Your account')
   * ```
   */
  guard(options?: GuardOptions<User, Env>): Guard<Env>
  /** A path of this site, from a value that anybody may have put into a link; else the fallback (default `/`). */
  safeNext(value: unknown, fallback?: string): string
  /** The sessions of this login, for the adapter: it is what an adapter takes. */
  readonly sessions: (env: Env) => ManagerOf<Manager>
}

/**
 * Who is signed in, on top of sessions.
 *
 * @throws TypeError that names the option that can't work, and says what to do
 * @example
 * ```ts
 * const login = createLogin<User>({
 *   sessions,
 *   secret: process.env.SESSION_SECRET,
 *   userId: (user) => user.id,
 *   loadUser: (id) => users.find(id),
 *   credential: (user) => user.passwordHash,
 * })
 *
 * const signIn = async (request: Request, user: User): Promise<void> => {
 *   await login.of(request).signIn(user, { factor: 'password', keep: ['cart'] })
 * }
 * ```
 */
export function createLogin<User, Env = unknown, Manager extends AnySessionManager = AnySessionManager>(
  options: LoginOptions<User, Env, Manager>,
): Login<User, Env, Manager> {
  const general = options as unknown as LoginOptions<User, never, never>
  checkOptions(general)
  const accountOf = accountsOf(general)
  const emit = emitter(options.onEvent)
  const known = new WeakMap<object, RequestAuth<User>>()
  // What can't work is told at once, unless it is made of `env`.
  if (!needsEnv(general)) accountOf(undefined)

  const of = (target: unknown, env: unknown): RequestAuth<User> => {
    const account = accountOf(env)
    if (newest.get(account.sessions) !== accountOf) {
      throw wrong(
        'createLogin: sessions',
        'have another login by now, and the user of the one could be taken for the user of the other: make one login, once, or give each a manager of its own, with a cookie name, a store and a secret of its own',
      )
    }
    const request = isRequest(target) ? target : undefined
    const handle = request ? account.sessions.open(request) : target
    if (!isHandle<SessionData>(handle) || !('save' in handle)) {
      throw wrong(
        'login.of',
        'takes a Request, or a handle of its session: in Hono c.req.raw, of a request of Node requestOf(req) of @fetch-sessions/node',
      )
    }
    const before = known.get(handle)
    if (before !== undefined) {
      before.complete(account, request)
      return before
    }
    if (request === undefined && options.deviceBound !== undefined) {
      throw wrong('login.of', 'needs the Request, since the option deviceBound looks at it')
    }
    const auth = new RequestAuth(account, handle, request)
    known.set(handle, auth)
    return auth
  }
  const settings = {
    hasPermissions: options.permissions !== undefined,
    isDeviceBound: options.deviceBound !== undefined,
    emit,
  }
  return {
    of,
    guard: (guardOptions = {}) => createGuard<User, Env>(of, guardOptions, settings),
    safeNext,
    sessions: (env) => accountOf(env).sessions as unknown as ManagerOf<Manager>,
  }
}

/**
 * The login that was made last over these sessions. An older one is out of date where a development server has made its
 * file anew, and does no harm; if it is used, there are two.
 */
const newest = new WeakMap<SessionManager<SessionData>, unknown>()

/** What the options come to, once for each manager, of which there is one for each `env`. */
function accountsOf<User>(options: LoginOptions<User, never, never>): (env: unknown) => Account<User> {
  const { secret } = options
  const managers = managerOf(options.sessions as unknown as SessionSource<SessionData, [env: unknown]>)
  const hash = typeof secret === 'function' ? undefined : new CredentialHash(secret)
  const emit = emitter(options.onEvent)
  const accounts = new WeakMap<SessionManager<SessionData>, Account<User>>()
  const accountOf = (env: unknown): Account<User> => {
    if (env === undefined && needsEnv(options)) {
      throw wrong('login', 'needs env, of which its options are made: login.of(request, env), guard(request, env)')
    }
    const sessions = managers(env, env)
    const before = accounts.get(sessions)
    if (before !== undefined) return before.env === env ? before : { ...before, env: env as never }
    checkStore(options, sessions)
    const made = hash ?? new CredentialHash(typeof secret === 'function' ? secret(env as never) : secret)
    const account = { options, sessions, hash: made, emit, env: env as never }
    accounts.set(sessions, account)
    newest.set(sessions, accountOf)
    return account
  }
  return accountOf
}

/** Whether one of the options is made of `env`. */
function needsEnv<User>({ sessions, secret }: LoginOptions<User, never, never>): boolean {
  return [sessions, secret].some((option) => typeof option === 'function' && option.length > 0)
}

/** @throws TypeError where the store can't do what the options ask for */
function checkStore<User>(
  { maxSessions }: LoginOptions<User, never, never>,
  sessions: SessionManager<SessionData>,
): void {
  // A manager of an earlier release does not tell.
  if (maxSessions !== undefined && sessions.supports?.('listByOwner') === false) {
    throw wrong(
      'createLogin: maxSessions',
      'needs a store that lists the sessions of an owner, which this one can not: take one with an owner index, or leave it out',
    )
  }
}
