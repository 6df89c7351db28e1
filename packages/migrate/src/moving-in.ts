import {
  type CookieTraits,
  managerOf,
  movesIn,
  type RetiredCookie,
  type SessionManager,
  type SessionOptions,
} from '@fetch-sessions/core'
import { isObject } from './check.js'
import type { OldLibrary } from './old-library.js'

/** What of a session's data may be brought: each key is optional. */
export type Brought<Data> = { readonly [Key in keyof Data]?: Data[Key] | undefined }

/** Options of `movingIn`. */
export interface MovingInOptions {
  /**
   * After this moment no old cookie brings anything any more, and sign-outs alone look at them, to end what they lead to.
   * Give the end of the longest life of an old session, so that the door does not stay open for ever: a copy of a cookie
   * that holds data alone, without an id, is good until then. Default: none.
   */
  until?: Date | number
  /**
   * Seconds for which the old cookie still leads to the session that took over: for requests that were sent at the same
   * time, and for visitors whom the answer with the new cookie did not reach. Default 60; 0: not at all. An old cookie that
   * holds data alone leads nowhere: it may be another visitor's as well. Where the move can't be noted for all requests at
   * once, as with a `CookieStore`, the old session stays for so long.
   */
  grace?: number
  /**
   * The old application goes on beside this one, for some of the pages or some of the visitors. Its cookies and sessions
   * then stay until the visitor signs out here; a sign-out there does not end ours. Default false: they are removed as soon
   * as they have moved.
   */
  keepOld?: boolean
}

/**
 * The same sessions, but visitors who come with a good cookie of another library, and with none of ours, go on where
 * they were: with the old data, under a new id. The old cookie and the old session are gone from then on. Takes a manager,
 * or the options of one, and returns the manager, for an adapter.
 *
 * @example
 * ```ts
 * const sessions = movingIn(new SessionManager<{ userId: string }>({ store, secret }), [
 *   fromExpressSession({
 *     secret: process.env.OLD_SECRET,
 *     store: new RedisStore({ client }),
 *     map: (old: { passport?: { user: string } }) => ({ userId: old.passport?.user }),
 *   }),
 * ])
 * ```
 *
 * @throws TypeError that names the option that can't work, and says what to do
 */
export function movingIn<Data>(
  sessions: SessionManager<Data> | SessionOptions<Data>,
  from: readonly OldLibrary<Brought<NoInfer<Data>>>[],
  options: MovingInOptions = {},
): SessionManager<Data> {
  const manager = managerOf<Data, []>(sessions)(undefined)
  if (typeof manager.startFrom !== 'function') {
    throw new TypeError('fetch-sessions: movingIn needs a SessionManager of a newer @fetch-sessions/core')
  }
  checkLibraries(from)
  if (options?.keepOld === true) checkKept(manager.cookie, from)
  const { until = Number.POSITIVE_INFINITY, grace = 60, keepOld = false } = checked(options)
  const end = Number(until)
  const oldSessions = movesIn({
    grace,
    isKept: keepOld,
    cookies: (header) => (header === '' ? [] : from.flatMap((library) => library.cookies(header))),
    async find(header, isSignOut = false) {
      const now = await timeOf(manager)
      // A sign-out ends what there is all the same: the old application may still take it.
      if (now >= end && !isSignOut) return []
      const found = await Promise.all(from.map((library) => library.find(header, now)))
      return found.flat().map((old) => ('reason' in old ? old : { ...old, expiresAt: Math.min(old.expiresAt, end) }))
    },
  })
  return manager.startFrom(oldSessions)
}

/** By the clock of the sessions, which a new one has for its `createdAt`. Milliseconds since the epoch. */
async function timeOf<Data>(sessions: SessionManager<Data>): Promise<number> {
  return +(await sessions.open(undefined).read()).createdAt
}

function checkLibraries(from: readonly unknown[]): void {
  const isLibrary = (library: unknown): boolean =>
    isObject(library) && typeof library.find === 'function' && typeof library.cookies === 'function'
  if (!Array.isArray(from) || !from.every(isLibrary)) {
    throw new TypeError(
      'fetch-sessions: movingIn takes a list of what fromExpressSession({ … }) and its like return, after the sessions',
    )
  }
}

/** Where ours has a domain, nobody knows here which one. */
function checkKept({ name, path, partitioned, hostOnly }: CookieTraits, from: readonly OldLibrary<unknown>[]): void {
  const isOurs = (old: RetiredCookie): boolean =>
    old.name === name &&
    (old.path ?? '/') === path &&
    (old.partitioned ?? false) === partitioned &&
    !old.domain &&
    hostOnly
  const library = from.find((library) => library.cookies(`${name}=a`).some(isOurs))
  if (library === undefined) return
  throw new TypeError(
    `fetch-sessions: keepOld can not keep the cookie of ${library.name}: ours is called "${name}" as well and takes its place. Give ours another cookie.name`,
  )
}

function checked(options: MovingInOptions): MovingInOptions {
  if (!isObject(options)) throw new TypeError('fetch-sessions: the options of movingIn must be an object')
  for (const name of Object.keys(options)) {
    if (['until', 'grace', 'keepOld'].includes(name)) continue
    throw new TypeError(`fetch-sessions: ${name} is no option of movingIn: there are until, grace, keepOld`)
  }
  const { until, grace, keepOld } = options as MovingInOptions
  if (until !== undefined && !Number.isFinite(Number(until))) {
    throw new TypeError('fetch-sessions: until must be a Date, or milliseconds since the epoch')
  }
  if (grace !== undefined && !(typeof grace === 'number' && grace >= 0 && grace <= 86_400)) {
    throw new TypeError('fetch-sessions: grace must be a number of seconds, a day at most')
  }
  if (keepOld !== undefined && typeof keepOld !== 'boolean') {
    throw new TypeError('fetch-sessions: keepOld must be true or false')
  }
  return options
}
