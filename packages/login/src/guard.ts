import type { Auth } from './auth.js'
import { checkSeconds, rejectUnknown, wrong } from './errors.js'
import type { LoginEvent, Refusal } from './events.js'
import { type Awaitable, namesOf, type OneOrMore } from './options.js'
import type { RequestAuth } from './request-auth.js'
import { safeNext } from './safe-next.js'

export interface GuardOptions<User> {
  /** The user must have signed in or confirmed within so many seconds. */
  fresh?: number
  /** With this factor. Without `fresh`: at any time in this session. */
  factor?: string
  /** The device must have proven its key (`deviceBound`). */
  proven?: boolean
  /** The user must have this permission, or all of these, or be one that this function lets pass. */
  can?: OneOrMore | ((user: User, request: Request) => Awaitable<boolean>)
  /**
   * Where a person goes to sign in or confirm. Default `/sign-in`. The way back is added to its query, unless it has one;
   * to another site goes the whole URL.
   */
  redirectTo?: string
  /** The name of the way back in the query. Default `next`. */
  nextName?: string
}

/** A line in any handler: the response to send, or nothing if the request may pass. */
export type Guard<Env> = (request: Request, env?: Env) => Promise<Response | undefined>

/** 400 days: longer than any session. */
const EVER = 34_560_000

/** @throws TypeError if an option can't work */
export function createGuard<User, Env>(
  of: (request: Request, env: Env | undefined) => RequestAuth<User>,
  options: GuardOptions<User>,
  settings: { hasPermissions: boolean; isDeviceBound: boolean; emit: (event: LoginEvent) => void },
): Guard<Env> {
  checkGuard(options, settings)
  return async (request, env) => {
    if (!isRequest(request))
      throw wrong('guard', 'takes the Request: in Hono c.req.raw, or use @fetch-sessions/login/hono')
    const auth = of(request, env)
    const refusal = await refusalOf(auth, request, options)
    if (refusal === undefined) return undefined
    settings.emit({ type: 'refused', reason: refusal, ...(await auth.aboutNow()) })
    return answer(request, refusal, options)
  }
}

/** Why this request may not pass. */
async function refusalOf<User>(
  auth: RequestAuth<User>,
  request: Request,
  { fresh, factor, proven = false, can }: GuardOptions<User>,
): Promise<Refusal | undefined> {
  const user = await auth.user()
  if (user === undefined) {
    if (await auth.isDegraded()) return 'unavailable'
    return (await auth.deviceState()) === 'missing' ? 'unproven' : 'signed-out'
  }
  if (can !== undefined && !(await isAllowed(auth, user, request, can))) return 'forbidden'
  const isAnyTime = fresh === undefined && factor === undefined && !proven
  return isAnyTime || (await auth.isFresh(fresh ?? EVER, factor, { proven })) ? undefined : 'reauth'
}

async function isAllowed<User>(
  auth: Auth<User>,
  user: User,
  request: Request,
  can: NonNullable<GuardOptions<User>['can']>,
): Promise<boolean> {
  return typeof can === 'function' ? (await can(user, request)) === true : auth.can(can)
}

const STATUS: Readonly<Record<Refusal, number>> = {
  'signed-out': 401,
  unproven: 401,
  forbidden: 403,
  reauth: 403,
  unavailable: 503,
}

/** A person is sent to where it helps; a program is told. */
function answer(request: Request, refusal: Refusal, options: GuardOptions<never>): Response {
  const headers = { 'Cache-Control': 'no-store' }
  const helps = refusal !== 'forbidden' && refusal !== 'unavailable'
  const location = helps && isPage(request) ? locationFor(request, options) : undefined
  return location === undefined
    ? Response.json({ code: refusal }, { status: STATUS[refusal], headers })
    : new Response(null, { status: 303, headers: { ...headers, Location: location } })
}

/**
 * The longest way back, encoded. Proxies keep 4 096 octets for the headers of an answer, and refuse a request line that is
 * much longer: whoever was sent to sign in with more would never get there.
 */
const MAX_NEXT = 3000

/** `undefined` for a guard in front of the very page, which would send a browser there for ever. */
function locationFor(
  request: Request,
  { redirectTo = '/sign-in', nextName = 'next' }: GuardOptions<never>,
): string | undefined {
  const { origin, pathname, search, href } = new URL(request.url)
  const target = new URL(redirectTo, origin)
  const isSameSite = target.origin === origin
  if (isSameSite && target.pathname === pathname) return undefined
  if (target.searchParams.has(nextName)) return redirectTo
  const whole = encodeURIComponent(isSameSite ? safeNext(pathname + search) : href)
  const next = whole.length > MAX_NEXT ? encodeURIComponent(isSameSite ? '/' : `${origin}/`) : whole
  const [place = '', fragment] = redirectTo.split('#', 2)
  const full = `${place}${place.includes('?') ? '&' : '?'}${encodeURIComponent(nextName)}=${next}`
  return fragment === undefined ? full : `${full}#${fragment}`
}

/** Whether a browser asks for a page, and not a script or a form for something else. */
function isPage({ method, headers }: Request): boolean {
  return method === 'GET' && /(^|,)\s*text\/html\s*(;|,|$)/i.test(headers.get('accept') ?? '')
}

function checkGuard<User>(
  options: GuardOptions<User>,
  { hasPermissions, isDeviceBound }: { hasPermissions: boolean; isDeviceBound: boolean },
): void {
  rejectUnknown('guard', options, ['fresh', 'factor', 'proven', 'can', 'redirectTo', 'nextName'])
  const { fresh, factor, proven, can, redirectTo, nextName } = options
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
  if (redirectTo !== undefined && !isPlace(redirectTo)) {
    throw wrong('guard: redirectTo', 'must be a path that begins with one slash, or an http(s) URL')
  }
  if (nextName !== undefined) namesOf('guard: nextName', nextName)
}

function isPlace(redirectTo: unknown): boolean {
  if (typeof redirectTo !== 'string') return false
  return /^https?:\/\//.test(redirectTo) ? URL.canParse(redirectTo) : safeNext(redirectTo, '') !== ''
}

function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && 'headers' in value && 'url' in value
}
