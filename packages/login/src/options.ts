import type { Secret, SessionData, SessionInfo, SessionManager, SessionOptions } from '@fetch-sessions/core'
import type { DeviceBound } from './device-bound.js'
import { rejectUnknown, wrong } from './errors.js'
import type { LoginListener } from './events.js'

/** `T`, or a promise of it. */
export type Awaitable<T> = T | Promise<T>

/** What login needs of a manager: any `SessionManager` has it, whatever its sessions hold. */
export interface AnySessionManager {
  open(source: Request): object
  listByOwner(owner: string): Promise<SessionInfo[]>
  destroyByOwner(owner: string, options?: { except?: string }): Promise<number | undefined>
}

/** What login needs of a handle: any `SessionHandle` has it, whatever its session holds. */
export interface AnySessionHandle {
  read(): Promise<object>
  write(): Promise<object>
  save(): Promise<void>
}

/** The manager as it is to its user. */
export type ManagerOf<Manager extends AnySessionManager> =
  Manager extends SessionManager<infer Data> ? SessionManager<Data> : SessionManager<SessionData>

/** The keys of the sessions' data, which a sign-in may keep. */
export type KeyOf<Manager extends AnySessionManager> =
  Manager extends SessionManager<infer Data> ? keyof Data & string : string

/** What the browser is to forget at a sign-out (https://www.w3.org/TR/clear-site-data/). */
export type SiteData =
  | 'cache'
  | 'clientHints'
  | 'cookies'
  | 'executionContexts'
  | 'prefetchCache'
  | 'prerenderCache'
  | 'storage'
  | '*'

/** What a login is made of. `Env` is what the platform hands to a handler, such as the bindings of a Worker. */
export interface LoginOptions<User, Env = unknown, Manager extends AnySessionManager = AnySessionManager> {
  /**
   * Where the sessions are: the manager that the adapter has, its options, or a function of `env` that returns either.
   * Of options or a function, give the adapter `login.sessions`, so that both have the same manager.
   */
  sessions: Manager | SessionOptions<SessionData> | ((env: Env) => Manager | SessionOptions<SessionData>)
  /**
   * At least 32 bytes each, for the hash of the credential. Several: the first makes hashes, all check, so that a secret
   * can be replaced without signing anyone out (docs/sign-in.md says in which steps). May be the one of the sessions. A function where it comes from `env`.
   */
  secret: Secret | readonly Secret[] | undefined | ((env: Env) => Secret | readonly Secret[] | undefined)
  /** Who that is: a text that is not empty and never changes. It is the owner of the user's sessions. */
  userId: (user: User) => string
  /**
   * The user of this id; nothing if there is none, which signs out. A throw is an outage, which never does. Called once a
   * request at most, by what asks for the user. It has to know of a change as soon as it is made: mind replicas.
   */
  loadUser: (id: string, env: Env) => Awaitable<User | undefined | null>
  /**
   * What the user signs in with, as it is stored: the hash of the password. When it changes, every session of the user is
   * over at its next use. Of users that have several (a password, passkeys) join them; of those that have none take
   * something that you change to sign them out.
   */
  credential: (user: User, env: Env) => Awaitable<string>
  /** What the user may do, for `can`. */
  permissions?: (user: User, env: Env) => Awaitable<Iterable<string>>
  /** How many sessions a user may have at once. Needs a store that lists the sessions of an owner. Default: no limit. */
  maxSessions?: number
  /** What a sign-in above the limit does: it ends the oldest session (the default), or is a `LoginError`. */
  whenFull?: 'oldest-out' | 'refuse'
  /** What the list of devices calls the one of this request, such as "Firefox on Linux". */
  describeDevice?: (request: Request) => { label?: string | undefined } | undefined
  /** Knows whether a session is bound to a device. One that is bound and comes without proof is not signed in. */
  deviceBound?: DeviceBound<Env>
  /**
   * What the browser is told to forget at a sign-out, by the headers that `signOut` returns. `true`: what it has cached
   * and stored. Default: nothing.
   */
  clearSiteData?: boolean | readonly SiteData[]
  /** For an audit log. What it throws is ignored. */
  onEvent?: LoginListener
}

const OPTIONS =
  'sessions secret userId loadUser credential permissions maxSessions whenFull describeDevice deviceBound clearSiteData onEvent'.split(
    ' ',
  )
const SITE_DATA: readonly unknown[] = [
  'cache',
  'clientHints',
  'cookies',
  'executionContexts',
  'prefetchCache',
  'prerenderCache',
  'storage',
  '*',
]

/** @throws TypeError that names the option that can't work, and says what to do */
export function checkOptions<User>(options: LoginOptions<User, never, never>): void {
  rejectUnknown('createLogin', options, OPTIONS)
  const { sessions, maxSessions, whenFull, deviceBound, clearSiteData = false } = options
  if (sessions === undefined || sessions === null) {
    throw wrong('createLogin: sessions', 'is missing: give the SessionManager that the adapter has')
  }
  for (const name of ['userId', 'loadUser', 'credential'] as const) checkFunction(name, options[name])
  for (const name of ['permissions', 'describeDevice', 'onEvent'] as const) {
    if (options[name] !== undefined) checkFunction(name, options[name])
  }
  if (maxSessions !== undefined && (!Number.isInteger(maxSessions) || maxSessions < 1)) {
    throw wrong('createLogin: maxSessions', 'must be a whole number above 0; leave it out for no limit')
  }
  if (whenFull !== undefined && whenFull !== 'oldest-out' && whenFull !== 'refuse') {
    throw wrong('createLogin: whenFull', "must be 'oldest-out' or 'refuse'")
  }
  if (whenFull !== undefined && maxSessions === undefined) {
    throw wrong('createLogin: whenFull', 'says nothing without maxSessions')
  }
  if (deviceBound !== undefined && typeof deviceBound?.state !== 'function') {
    throw wrong('createLogin: deviceBound', 'must have a function state(request)')
  }
  const isSiteData = Array.isArray(clearSiteData) && clearSiteData.every((what) => SITE_DATA.includes(what))
  if (typeof clearSiteData !== 'boolean' && !isSiteData) {
    throw wrong('createLogin: clearSiteData', `must be true, or a list of ${SITE_DATA.join(', ')}`)
  }
}

function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw wrong(`createLogin: ${name}`, 'must be a function')
}

/** One or several. */
export type OneOrMore = string | readonly string[]

/** @throws TypeError if these are no names */
export function namesOf(what: string, names: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(names) ? names : [names]
  if (list.length === 0 || !list.every((name) => typeof name === 'string' && name !== '')) {
    throw wrong(what, 'must be a text that is not empty, or a list of them')
  }
  return list as readonly string[]
}
