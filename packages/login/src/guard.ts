import type { Auth } from './auth.js'
import { checkSeconds, rejectUnknown, wrong } from './errors.js'
import type { LoginEvent, Refusal } from './events.js'
import { type Awaitable, namesOf, type OneOrMore } from './options.js'
import { answerTo, checkedAnswer, type Places, placeOf, type RefusedRequest, refusedRequest } from './refusal.js'
import type { RequestAuth } from './request-auth.js'

export interface GuardOptions<User, Env = unknown> {
  /** The user must have signed in or confirmed within so many seconds. */
  fresh?: number
  /** With this factor. Without `fresh`: at any time in this session, a remembered sign-in included. */
  factor?: string
  /** The device must have proven its key (`deviceBound`). */
  proven?: boolean
  /** The user must have this permission, or all of these, or be one that this function lets pass. */
  can?: OneOrMore | ((user: User, request: Request, env: Env) => Awaitable<boolean>)
  /**
   * Where a person goes to sign in. Default `/sign-in`. The way back is added to its query, unless it has one; to another
   * site goes the whole URL.
   */
  redirectTo?: string
  /**
   * Where a person goes who is signed in and has to show it once more (`fresh`, `factor`, `proven`). Default:
   * `redirectTo`, which then must not send back who is signed in.
   */
  confirmAt?: string
  /** The name of the way back in the query. Default `next`. */
  nextName?: string
  /** Your own answer to a request that may not pass; nothing: the guard's. It never lets one pass. */
  refused?: (refused: RefusedRequest) => Awaitable<Response | undefined>
}

/**
 * A line in any handler: the response to send, or nothing if the request may pass. It takes what the platform hands to the
 * handler as well, where `Env` says what that is: `can` and the options get it.
 *
 * @throws TypeError where the sessions or the secret are made of `env`, and none is given
 */
export type Guard<Env> = (
  request: Request,
  ...env: undefined extends Env ? [env?: Env] : [env: Env]
) => Promise<Response | undefined>

const OPTIONS = ['fresh', 'factor', 'proven', 'can', 'redirectTo', 'confirmAt', 'nextName', 'refused']

/** @throws TypeError if an option can't work */
export function createGuard<User, Env>(
  of: (request: Request, env: Env | undefined) => RequestAuth<User>,
  options: GuardOptions<User, Env>,
  settings: { hasPermissions: boolean; isDeviceBound: boolean; emit: (event: LoginEvent) => void },
): Guard<Env> {
  const places = checkGuard(options, settings)
  return async (request, ...[env]) => {
    if (!isRequest(request)) {
      throw wrong(
        'guard',
        'takes the Request: in Hono c.req.raw, or use @fetch-sessions/login/hono; of a request of Node requestOf(req) of @fetch-sessions/node',
      )
    }
    const auth = of(request, env)
    const refusal = await refusalOf(auth, request, env as Env, options)
    if (refusal === undefined) return undefined
    settings.emit({ type: 'refused', reason: refusal, ...(await auth.aboutNow()) })
    const refused = refusedRequest(request, refusal, places)
    const own = await options.refused?.(refused)
    return own === undefined ? answerTo(refused) : checkedAnswer(own)
  }
}

/** Why this request may not pass. */
async function refusalOf<User, Env>(
  auth: RequestAuth<User>,
  request: Request,
  env: Env,
  { fresh, factor, proven = false, can }: GuardOptions<User, Env>,
): Promise<Refusal | undefined> {
  const user = await auth.user()
  if (user === undefined) {
    if (await auth.isDegraded()) return 'unavailable'
    return (await auth.deviceState()) === 'missing' ? 'unproven' : 'signed-out'
  }
  if (can !== undefined && !(await isAllowed(auth, user, request, env, can))) return 'forbidden'
  if (await isShown(auth, { fresh, factor, proven })) return undefined
  // There is nothing that the one who acts as the user could show.
  return (await auth.actor()) === undefined ? 'reauth' : 'impersonating'
}

/** Whether the user has shown what is asked for, as freshly as it is asked for. */
async function isShown<User>(
  auth: RequestAuth<User>,
  { fresh, factor, proven }: { fresh: number | undefined; factor: string | undefined; proven: boolean },
): Promise<boolean> {
  if (fresh !== undefined) return auth.isFresh(fresh, factor, { proven })
  if (factor === undefined && !proven) return true
  if ((await auth.actor()) !== undefined) return false
  if (proven && (await auth.deviceState()) !== 'proven') return false
  return factor === undefined || auth.hasShown(factor)
}

async function isAllowed<User, Env>(
  auth: Auth<User>,
  user: User,
  request: Request,
  env: Env,
  can: NonNullable<GuardOptions<User, Env>['can']>,
): Promise<boolean> {
  return typeof can === 'function' ? (await can(user, request, env)) === true : auth.can(can)
}

/** Where people go. @throws TypeError if an option can't work */
function checkGuard<User, Env>(
  options: GuardOptions<User, Env>,
  { hasPermissions, isDeviceBound }: { hasPermissions: boolean; isDeviceBound: boolean },
): Places {
  rejectUnknown('guard', options, OPTIONS)
  const { fresh, factor, proven, can, redirectTo, confirmAt, nextName, refused } = options
  if (fresh !== undefined) checkSeconds('guard: fresh', fresh)
  if (factor !== undefined && (typeof factor !== 'string' || factor === '')) {
    throw wrong('guard: factor', 'must be the name of one factor')
  }
  if (proven !== undefined && typeof proven !== 'boolean') throw wrong('guard: proven', 'must be true or false')
  if (proven && !isDeviceBound) throw wrong('guard: proven', 'needs the option deviceBound of createLogin')
  if (can !== undefined && typeof can !== 'function') {
    namesOf('guard: can', can)
    if (!hasPermissions)
      throw wrong('guard: can', 'names permissions, which needs the option permissions of createLogin')
  }
  if (nextName !== undefined) namesOf('guard: nextName', nextName)
  if (refused !== undefined && typeof refused !== 'function') throw wrong('guard: refused', 'must be a function')
  return {
    ...(redirectTo !== undefined && { redirectTo: placeOf('guard: redirectTo', redirectTo) }),
    ...(confirmAt !== undefined && { confirmAt: placeOf('guard: confirmAt', confirmAt) }),
    ...(nextName !== undefined && { nextName }),
  }
}

/** By what it has: that of Node has headers and a URL as well, and they are others. */
export function isRequest(value: unknown): value is Request {
  return typeof (value as Partial<Request> | null | undefined)?.headers?.get === 'function'
}
