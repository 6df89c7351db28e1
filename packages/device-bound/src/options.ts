import type { CookieTraits, SessionManager } from '@fetch-sessions/core'
import type { BoundListener } from './events.js'

/** All of them may be left out. */
export interface DeviceBoundOptions {
  /** Under which path the two endpoints are, as the browser sees it: `/register` and `/refresh`. Default `/device-bound`. */
  path?: string
  /**
   * Seconds for which the bound cookie is good, and so a stolen one at most. Default 600. At least 420: Chromium renews
   * the cookie two minutes before its end, and makes some six signatures in nine minutes for a site. At most 86 400, a day.
   */
  maxAge?: number
  /**
   * Who needs proof. `optional` (the default): a session whose browser has proven its key once. `required`: every session,
   * from a minute after its sign-in on; a browser that can't prove anything can't stay signed in.
   */
  policy?: 'optional' | 'required'
  /**
   * Whether the answer to a challenge is good once only, so that a copy of a refresh is worth nothing either. Costs a load
   * and an update for each refresh. Needs a store on the server that compares and sets, a `cookie.path` of `/`, and no
   * `refreshInitiators`. Default false.
   */
  singleUse?: boolean
  /**
   * Hosts of other sites (`news.example`, `*.news.example`) whose links and requests may make the browser renew the bound
   * cookie. Default none. With it, a browser goes on renewing after a sign-out.
   */
  refreshInitiators?: readonly string[]
  /** The site as browsers see it (`https://app.example`), where a proxy says another host. Default: the request's own. */
  origin?: string
  /** For logs and metrics. What it throws is ignored. */
  onEvent?: BoundListener
  /** Milliseconds since the epoch. Default Date.now, looked up at each call; for tests. */
  now?: () => number
}

/** The options, checked, with what was left out. */
export interface Setting {
  readonly path: string
  readonly maxAge: number
  readonly policy: 'optional' | 'required'
  readonly singleUse: boolean
  readonly refreshInitiators: readonly string[]
  /** `undefined`: the request's. */
  readonly host: string | undefined
  readonly now: () => number
  readonly cookie: BoundCookie
  /** The name of the session cookie, if its absence says that nobody is signed in. */
  readonly endsWithout: string | undefined
}

/** The cookie that the browser renews: as narrow as a cookie can be, but sent wherever the session cookie is. */
export interface BoundCookie {
  readonly name: string
  /** As `Set-Cookie` and the browser's instructions have them. */
  readonly attributes: string
  /** The `Set-Cookie` line that removes it. */
  readonly removal: string
}

const OPTIONS = 'path maxAge policy singleUse refreshInitiators origin onEvent now'.split(' ')
const DEFAULT_PATH = '/device-bound'
const DEFAULT_MAX_AGE = 600
const LEAST_MAX_AGE = 420
const MOST_MAX_AGE = 86_400
const PATH = /^(\/[\w.~-]+)+$/
const INITIATOR = /^(\*\.)?([a-z\d]([-a-z\d]*[a-z\d])?\.)*[a-z\d]([-a-z\d]*[a-z\d])?$/i

/** @throws TypeError that names the option that can't work, and says what to do */
export function settingOf(
  sessions: Pick<SessionManager<never>, 'cookie' | 'supports'>,
  options: DeviceBoundOptions,
): Setting {
  if (typeof options !== 'object' || options === null) throw invalid('deviceBound', 'takes (sessions, options)')
  if (typeof sessions?.cookie !== 'object') {
    throw invalid('sessions', 'must be a SessionManager: make one, and share it with the middleware')
  }
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) throw invalid(name, `is no option: there are ${OPTIONS.join(', ')}`)
  }
  const { path = DEFAULT_PATH, maxAge = DEFAULT_MAX_AGE, policy = 'optional', singleUse = false, origin } = options
  const { refreshInitiators = [], onEvent, now = () => Date.now() } = options
  demand(
    typeof path === 'string' && PATH.test(path),
    'path',
    'must be a path such as "/device-bound", without "/" behind',
  )
  demand(typeof maxAge === 'number' && maxAge > 0, 'maxAge', 'must be a number of seconds')
  demand(maxAge >= LEAST_MAX_AGE, 'maxAge', `must be at least ${LEAST_MAX_AGE} seconds: browsers sign no more often`)
  demand(maxAge <= MOST_MAX_AGE, 'maxAge', 'is above a day: it takes seconds, and so long a stolen cookie is good')
  demand(policy === 'optional' || policy === 'required', 'policy', 'must be "optional" or "required"')
  demand(typeof singleUse === 'boolean', 'singleUse', 'must be true or false')
  for (const [name, value] of Object.entries({ onEvent, now })) {
    demand(value === undefined || typeof value === 'function', name, 'must be a function')
  }
  demand(
    Array.isArray(refreshInitiators) &&
      refreshInitiators.every((host) => typeof host === 'string' && INITIATOR.test(host)),
    'refreshInitiators',
    'must be a list of hosts such as "news.example" or "*.news.example"',
  )
  const { cookie } = sessions
  demand(cookie.hostOnly, 'sessions', 'must not have a cookie.domain: the bound cookie goes to one host alone')
  demand(!cookie.partitioned, 'sessions', 'must not have a partitioned cookie: browsers bind none')
  const isAlwaysSent = cookie.path === '/' && refreshInitiators.length === 0
  demand(
    !singleUse || isAlwaysSent,
    'singleUse',
    'needs the session with each refresh: a cookie.path of "/", and no refreshInitiators',
  )
  // Where two writers do not meet, a copy that comes at the same moment counts as the first one, too.
  demand(
    !singleUse || sessions.supports('exclusive'),
    'singleUse',
    'needs a store on the server that compares and sets: a session in its cookie, in Workers KV or by unstorage forgets what was used',
  )
  return {
    path,
    maxAge: Math.floor(maxAge),
    policy,
    singleUse,
    refreshInitiators,
    host: origin === undefined ? undefined : hostOf(origin),
    now: () => Math.floor(now()),
    cookie: boundCookie(cookie),
    endsWithout: isAlwaysSent ? cookie.name : undefined,
  }
}

function boundCookie({ name, path, sameSite }: CookieTraits): BoundCookie {
  // Session cookies of one host that differ by their path, or by __Secure- and __Host-, have bound cookies of their own.
  const bare = name.replace(/^__((Host-Http|Host|Http)-|(?=Secure-))/i, '')
  const site = `${sameSite.charAt(0).toUpperCase()}${sameSite.slice(1)}`
  const bound = `__Host-${bare}${path === '/' ? '' : inName(path)}-bound`
  const attributes = `Path=/; Secure; HttpOnly; SameSite=${site}`
  return {
    name: bound,
    attributes,
    removal: `${bound}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; ${attributes}`,
  }
}

/** A path as a part of a cookie's name, of which no other path makes the same. */
function inName(path: string): string {
  return path.replace(/[^\w-]/g, (other) => (other === '/' ? '.' : `~${other.charCodeAt(0).toString(16)}`))
}

function hostOf(origin: unknown): string {
  const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : undefined
  if (url === undefined || url.origin !== origin || url.protocol !== 'https:') {
    throw invalid('origin', 'must be an origin such as "https://app.example"')
  }
  return url.host
}

function demand(isMet: boolean, option: string, problem: string): void {
  if (!isMet) throw invalid(option, problem)
}

/** The error for an option that can't work. The message names the option and says what to do. */
export function invalid(option: string, problem: string): TypeError {
  return new TypeError(`fetch-sessions: ${option} ${problem}`)
}
