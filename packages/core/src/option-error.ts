import { isPromise } from './awaitable.js'

/** The error for an option that can't work. The message names the option and says what to do. */
export function invalidOption(option: string, problem: string): TypeError {
  return new TypeError(`fetch-sessions: ${option} ${problem}`)
}

/** The error for two managers that are at work on one request, and would take each other's cookie away. */
export function twoManagers(name: string): TypeError {
  return new TypeError(
    `fetch-sessions: two managers use the cookie "${name}" on one request: give one another cookie.name, or share one manager`,
  )
}

/** Other libraries' words for our options. */
const MEANT: Readonly<Record<string, string>> = {
  maxAge: 'idleTimeout (seconds)',
  ttl: 'idleTimeout (seconds)',
  expires: 'idleTimeout (seconds)',
  rolling: 'persistence',
  resave: 'persistence',
  saveUninitialized: 'persistence',
  secrets: 'secret',
  password: 'secret',
  cookieName: 'cookie.name',
  'cookie.maxAge': 'idleTimeout (seconds)',
  'cookie.expires': 'idleTimeout (seconds)',
  'cookie.signed': 'nothing: cookies are always signed',
}

/**
 * For adapters as well.
 * @throws TypeError for an option that does not exist: it would be silently ignored; and for what has none at all
 */
export function rejectUnknown(prefix: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalidOption(
      prefix.endsWith(': ') ? `${prefix}options` : prefix.slice(0, -1) || 'options',
      'must be an object',
    )
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const meant = MEANT[`${prefix}${name}`]
    throw invalidOption(
      `${prefix}${name}`,
      `is no option: ${meant ? `take ${meant}` : `there are ${known.join(', ')}`}`,
    )
  }
}

/** @throws TypeError if this is no function */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidOption(name, 'must be a function')
}

/** The largest Max-Age that browsers honour: 400 days, in seconds (RFC 6265bis section 5.5). */
export const MAX_COOKIE_AGE = 34_560_000

/** @throws TypeError if this is given and no clock, which is called once to find out */
export function checkClock(now: unknown): void {
  if (now === undefined) return
  let time: unknown
  try {
    if (typeof now === 'function') time = now()
    // One that is async may reject.
    if (isPromise(time)) time.catch(() => {})
  } catch {
    // It may tell of what is made later.
    return
  }
  if (!Number.isFinite(time)) throw invalidOption('now', 'must be a function that gives milliseconds')
}

/** For adapters: @throws TypeError if a session can't be kept under this name */
export function checkPropertyName(option: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') throw invalidOption(option, 'must be the name of a property')
}

/** Some three thousand years, in seconds: more than any clock here has to tell. */
const LONGEST_TIMEOUT = 1e11

/** @throws TypeError if this is not a time in seconds */
export function checkTimeout(option: string, seconds: unknown, longest: number = LONGEST_TIMEOUT): void {
  // Written so that what is not a number fails.
  const isTime = typeof seconds === 'number' && seconds > 0 && seconds <= LONGEST_TIMEOUT
  if (!isTime) throw invalidOption(option, 'must be a positive, finite number of seconds')
  if (seconds > longest)
    throw invalidOption(
      option,
      `is above ${longest < 86_400 ? longest : `${longest / 86_400} days`}: it takes seconds, not milliseconds`,
    )
}

/** How long a timer takes, in milliseconds. More than some 24 days it takes for none at all. */
export function timerDelay(seconds: number): number {
  return Math.min(seconds * 1000, 2 ** 31 - 1)
}
