import type { BroughtCookies } from './brought-cookies.js'
import { checkName, checkOptions, invalid, isObject, numberOr } from './check.js'
import { libraryOf, type MoveOptions, type OldCookiePlace, type OldLibrary } from './old-library.js'
import { type IronPassword, MAX_SEALS, type Unsealed, unseal } from './sealed.js'

export { type Brought, type MovingInOptions, movingIn } from './moving-in.js'
export type { AboutOld, MoveOptions, OldCookiePlace, OldLibrary } from './old-library.js'

/** The options that `useSession` of h3 had; what else it took may be left in place. */
export interface H3SessionOptions<Old, Data> extends MoveOptions<Old, Data> {
  password: IronPassword
  /** Default `h3`. That of nuxt-auth-utils is `nuxt-session`. */
  name?: string | undefined
  /** Seconds from its beginning until it is over. */
  maxAge?: number | undefined
  /** Seconds without use until it is over. */
  idleTimeout?: number | undefined
  /** Its path and domain, so that the cookie is removed there. */
  cookie?: OldCookiePlace | false | undefined
  /** What its seals were made with. */
  seal?: object | undefined
}

/** All that it took. */
const OPTIONS = 'password name maxAge idleTimeout cookie seal legacySealFallback sessionHeader crypto generateId'
const LIBRARY = 'h3'
const CHUNKED = /^__chunked__(\d{1,2})$/
/** As many as all the cookies of a site may be, in browsers. */
const MAX_CHUNKS = 50
/** Of the password: once in h3 1, whose cookies then cost no more than they did, and 8192 times in h3 2. */
const ITERATIONS = [1, 8192]

/** The sealed sessions of h3 1 and 2, as Nitro and Nuxt have them, in one cookie or in several. */
export function fromH3Session<Old = Record<string, unknown>, Data = Record<string, never>>(
  options: H3SessionOptions<Old, Data>,
): OldLibrary<Data> {
  checkOptions(LIBRARY, options, OPTIONS)
  const { password, name = 'h3', maxAge, idleTimeout, cookie = {} } = options
  if (password === undefined || (typeof password === 'string' && password.length < 32)) {
    throw invalid(LIBRARY, 'password', 'must be the one that it had, of 32 characters at least')
  }
  if (cookie === false) throw invalid(LIBRARY, 'cookie', 'is false: what is in a header alone can not move')
  checkName(LIBRARY, 'name', name)
  const isOver = (now: number, createdAt: number | undefined, lastUse: number | undefined): boolean => {
    const isPast = (since: number | undefined, seconds: number | undefined): boolean =>
      seconds !== undefined && seconds > 0 && !(now - (since ?? 0) <= seconds * 1000)
    return isPast(createdAt, maxAge) || isPast(lastUse, idleTimeout)
  }
  return libraryOf(
    {
      name: LIBRARY,
      place: cookie,
      names: (cookies) => cookies.names(name).filter((known) => known === name || isChunk(known, name)),
      read: (cookies, now) =>
        Promise.all(
          sealsOf(cookies, name).map(async (seal) => {
            const opened = await open(seal, password, now, options.seal)
            if (typeof opened === 'string') return opened
            if (!isObject(opened.value)) return 'malformed'
            const { id, data, ...times } = opened.value
            if (typeof id !== 'string' || !isObject(data)) return 'malformed'
            const createdAt = numberOr(times.createdAt, undefined)
            if (isOver(now, createdAt, numberOr(times.lastSeenAt, createdAt))) return 'expired'
            const byAge = maxAge && createdAt !== undefined ? createdAt + maxAge * 1000 : undefined
            const expiresAt = opened.expiresAt ?? byAge
            const load = () => ({ data, about: { id, createdAt, expiresAt } })
            return { key: `${name}\n${id}`, expiresAt: opened.opensUntil, load, end: () => {} }
          }),
        ),
    },
    options,
  )
}

async function open(
  seal: string,
  password: IronPassword,
  now: number,
  options: object | undefined,
): Promise<Unsealed | 'malformed' | 'signature' | 'expired'> {
  let opened: Awaited<ReturnType<typeof open>> = 'signature'
  for (const iterations of ITERATIONS) {
    const settings = { iterations, options: options as Record<string, unknown> | undefined }
    opened = await unseal(seal, password, now, settings)
    if (opened !== 'signature') return opened
  }
  return opened
}

function isChunk(known: string, name: string): boolean {
  return known.startsWith(`${name}.`) && /^\d{1,2}$/.test(known.slice(name.length + 1))
}

function sealsOf(cookies: BroughtCookies, name: string): string[] {
  return cookies.values(name, MAX_SEALS).flatMap((value) => {
    if (!value.startsWith('__chunked__')) return [value]
    const count = Number(CHUNKED.exec(value)?.[1] ?? 0)
    if (count < 1 || count > MAX_CHUNKS) return []
    const chunks = Array.from({ length: count }, (_, index) => cookies.values(`${name}.${index + 1}`)[0])
    return chunks.includes(undefined) ? [] : [chunks.join('')]
  })
}
