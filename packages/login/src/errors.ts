/** What went wrong, as a word that does not change between releases. */
export type LoginErrorCode =
  /** The user has as many sessions as `maxSessions` allows: `whenFull` refuses one more, or newer ones have taken all places. */
  | 'ERR_LOGIN_FULL'
  /** Nobody is signed in, and what was asked for needs somebody. */
  | 'ERR_LOGIN_REQUIRED'
  /** Somebody acts as another user, and what was asked for is that user's own. */
  | 'ERR_LOGIN_IMPERSONATING'
  /** The session store can't do what was asked for. */
  | 'ERR_LOGIN_UNSUPPORTED'

/** Where each code has a section of its own, with what to do about it. */
const ERRORS_PAGE = 'https://github.com/fetch-sessions/fetch-sessions/blob/main/docs/errors.md'

/** The class of every error of this package but a wrong option or value, which is a `TypeError`. */
export class LoginError extends Error {
  override readonly name: string = 'LoginError'
  /** Stable between releases; messages are not. */
  readonly code: LoginErrorCode

  constructor(code: LoginErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** The section of the documentation that says what to do. */
  get url(): string {
    return `${ERRORS_PAGE}#${this.code.toLowerCase()}`
  }
}

/** Whether this is an error of this package, of whichever copy of it. */
export function isLoginError(error: unknown): error is LoginError {
  return error instanceof Error && 'code' in error && /^ERR_LOGIN_/.test(String(error.code))
}

/** The error for an option or value that can't work. The message names it and says what to do. */
export function wrong(name: string, problem: string): TypeError {
  return new TypeError(`fetch-sessions: ${name} ${problem}`)
}

/** @throws TypeError for an option that does not exist: it would be silently ignored */
export function rejectUnknown(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw wrong(what, `takes an object of ${known.join(', ')}`)
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw wrong(`${what}: ${unknown}`, `is no option: there are ${known.join(', ')}`)
}

/** The longest time that core takes: 400 days, in seconds. */
const LONGEST = 34_560_000

/** @throws TypeError if this is not a time in seconds */
export function checkSeconds(name: string, seconds: unknown): void {
  const isTime = typeof seconds === 'number' && seconds > 0 && Number.isFinite(seconds)
  if (!isTime) throw wrong(name, 'must be a positive, finite number of seconds')
  if (seconds > LONGEST) throw wrong(name, 'is above 400 days: it takes seconds, not milliseconds')
}
