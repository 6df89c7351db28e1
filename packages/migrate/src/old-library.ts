import {
  type Arrival,
  type Awaitable,
  type OldSession,
  type RejectedCookie,
  type RetiredCookie,
  SessionDataError,
  type SessionLifetime,
} from '@fetch-sessions/core'
import { type BroughtCookies, cookiesIn } from './brought-cookies.js'
import { isObject } from './check.js'

/** What is known of an old session beside its data. */
export interface AboutOld {
  /** Its id at the old library, where it has one. */
  readonly id: string | undefined
  /** Milliseconds since the epoch, where the old library notes it. */
  readonly createdAt: number | undefined
  /** Milliseconds since the epoch, where the old library notes it. */
  readonly expiresAt: number | undefined
  /**
   * For how many seconds its cookie was set, where the old library notes that with each session, as express-session and
   * `@fastify/session` do. `undefined`: the browser was to forget it, or nobody knows.
   */
  readonly maxAge: number | undefined
}

/** What becomes of an old session. Each function has to answer at once, and is asked once for each visitor. */
export interface MoveOptions<Old, Data> {
  /**
   * What our session begins with, of the old one's data. `undefined` or nothing at all: nothing is brought in, and the old
   * cookie stays. Left out: all of it, as it is.
   */
  map?: ((old: Old, about: AboutOld) => Data | undefined) | undefined
  /** Whose session it is, as `setOwner` says. */
  owner?: ((old: Old, about: AboutOld) => string | undefined) | undefined
  /** A few words for lists of sessions, as `setLabel` says. */
  label?: ((old: Old, about: AboutOld) => string | undefined) | undefined
  /** Its own lifetime, as `setLifetime` says: for those who asked to be remembered. Left out: the manager's. */
  lifetime?: ((old: Old, about: AboutOld) => SessionLifetime | undefined) | undefined
}

/** Where the old cookie is set. Browsers remove it there alone. */
export interface OldCookiePlace {
  /** Default `/`. */
  path?: string | undefined
  domain?: string | undefined
  partitioned?: boolean | undefined
}

/** An old library, as `movingIn` takes it. */
export interface OldLibrary<Data> {
  readonly name: string
  /** The old cookies that a `Cookie` header brings, by where they are set. */
  cookies(header: string): readonly RetiredCookie[]
  /** The old sessions that it leads to. `now`: milliseconds since the epoch, by the clock of the sessions. */
  find(header: string, now: number): Awaitable<readonly (OldSessionOf<Data> | RejectedCookie)[]>
}

export interface OldSessionOf<Data> extends OldSession {
  load(): Awaitable<(Arrival & { readonly data: Data }) | undefined>
}

/** How the cookies of a library are read. */
export interface OldFormat {
  readonly name: string
  readonly place: OldCookiePlace
  /** The names of its cookies that came. */
  names(cookies: BroughtCookies): readonly string[]
  /** The sessions that they lead to, the first one first. */
  read(cookies: BroughtCookies, now: number): Promise<readonly (Verified | Rejection)[]>
}

export type Rejection = RejectedCookie['reason']

/** A cookie that verified. */
export interface Verified {
  /**
   * Tells the session from all others of this library. `undefined`: nothing does, since the cookie holds data alone, and
   * no id nor anything random.
   */
  readonly key: string | undefined
  /** Milliseconds since the epoch. `undefined`: its record tells. */
  readonly expiresAt: number | undefined
  /** `undefined`: it is over. */
  load(): Awaitable<OldContent | undefined>
  end(): Awaitable<unknown>
}

/** What a session holds at the old library. */
export interface OldContent {
  readonly data: Readonly<Record<string, unknown>>
  readonly about: Partial<AboutOld>
}

const DAY = 86_400_000
/** How long it is remembered that a session has moved whose record has been ended: as long as most records could live. */
const RECORD_LIFE = 30 * DAY
/** The same where the cookie is all there is, and no end of it is known. */
export const ENDLESS: number = 400 * DAY

/** How many good cookies of one library are looked at. */
const MAX_COOKIES = 4

export function libraryOf<Old, Data>(format: OldFormat, options: MoveOptions<Old, Data>): OldLibrary<Data> {
  checkMove(format.name, options)
  const { path = '/', domain, partitioned = false } = format.place
  checkPlace(format.name, format.place)
  return {
    name: format.name,
    cookies: (header) =>
      format
        .names(cookiesIn(header))
        .map((name) => ({ name, path, partitioned, ...(domain !== undefined && { domain }) })),
    async find(header, now) {
      const read = await format.read(cookiesIn(header), now)
      return read.slice(0, MAX_COOKIES).map((found) => {
        const from = format.name
        if (typeof found === 'string') return { from, reason: found }
        return {
          from,
          key: found.key === undefined ? undefined : `${from}\n${found.key}`,
          expiresAt: found.expiresAt ?? now + RECORD_LIFE,
          load: async () => {
            const content = await found.load()
            return content && arrivalOf(format.name, options, content)
          },
          end: () => found.end(),
        }
      })
    },
  }
}

function arrivalOf<Old, Data>(
  library: string,
  { map, owner, label, lifetime }: MoveOptions<Old, Data>,
  { data, about }: OldContent,
): (Arrival & { readonly data: Data }) | undefined {
  const old = data as Old
  const known = { id: undefined, createdAt: undefined, expiresAt: undefined, maxAge: undefined, ...about }
  const ask = <T>(name: string, option: ((old: Old, about: AboutOld) => T) | undefined): T | undefined =>
    atOnce(library, name, option?.(old, known))
  try {
    const brought = map === undefined ? (data as Data) : ask('map', map)
    if (brought === undefined) return undefined
    if (!isObject(brought)) throw notBrought(library, 'map must return an object')
    return {
      data: brought as Data & Record<string, unknown>,
      owner: ask('owner', owner),
      label: ask('label', label),
      lifetime: ask('lifetime', lifetime),
    }
  } catch (error) {
    if (error instanceof SessionDataError) throw error
    // It may quote the data, so it is not kept as the cause.
    const what = error instanceof Error ? `a ${error.name}` : 'something that is no Error'
    throw notBrought(library, `map, owner, label or lifetime threw ${what}`)
  }
}

/** What a function has answered. @throws SessionDataError for a promise, whose failure is nobody else's to handle */
function atOnce<T>(library: string, name: string, answer: T): T {
  if (typeof (answer as { then?: unknown } | undefined | null)?.then !== 'function') return answer
  Promise.resolve(answer).catch(() => {})
  throw notBrought(library, `${name} returned a promise: it has to answer at once, and can not wait`)
}

function notBrought(library: string, problem: string): SessionDataError {
  return new SessionDataError(`of ${library} can not be brought in: ${problem}`)
}

function checkMove<Old, Data>(library: string, { map, owner, label, lifetime }: MoveOptions<Old, Data>): void {
  for (const [name, value] of Object.entries({ map, owner, label, lifetime })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`fetch-sessions: ${name} of ${library} must be a function`)
    }
  }
}

/** What browsers would not match removes nothing. */
function checkPlace(library: string, { path = '/', domain, partitioned }: OldCookiePlace): void {
  if (typeof path !== 'string' || !/^\/[\x20-\x3a\x3c-\x7e]*$/.test(path)) {
    throw new TypeError(`fetch-sessions: path of ${library} must be the old cookie's, and start with "/"`)
  }
  if (domain !== undefined && (typeof domain !== 'string' || !/^\.?[a-z\d]([-.a-z\d]*[a-z\d])?$/i.test(domain))) {
    throw new TypeError(`fetch-sessions: domain of ${library} must be the old cookie's, such as "example.com"`)
  }
  if (partitioned !== undefined && typeof partitioned !== 'boolean') {
    throw new TypeError(`fetch-sessions: partitioned of ${library} must be true or false`)
  }
}
