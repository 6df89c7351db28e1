/** What went wrong, as a word that does not change between releases. */
export type SessionErrorCode =
  | 'ERR_SESSION_STORE'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_COMMITTED'
  | 'ERR_SESSION_DESTROYED'
  | 'ERR_SESSION_DATA'
  | 'ERR_SESSION_TOO_LARGE'
  | 'ERR_SESSION_LOCKED'
  | 'ERR_SESSION_UNSUPPORTED'

/** Where each code has a section of its own, with what to do about it. */
const ERRORS_PAGE = 'https://github.com/fetch-sessions/fetch-sessions/blob/main/docs/errors.md'

/** The class of every error of this library but a wrong option or value, which is a `TypeError`. */
export class SessionError extends Error {
  override readonly name: string = 'SessionError'
  /** Stable between releases; messages are not. */
  readonly code: SessionErrorCode

  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** The section of the documentation that says what to do. */
  get url(): string {
    return `${ERRORS_PAGE}#${this.code.toLowerCase()}`
  }
}

/** The store failed: it threw or rejected. The store's own error is `cause`. */
export class SessionStoreError extends SessionError {
  override readonly name: string = 'SessionStoreError'
  constructor(operation: string, cause: unknown) {
    super('ERR_SESSION_STORE', `The session store failed at "${operation}"`, { cause })
  }
}

/** Other writers won each time, or a new id is taken. What was to be saved was not. */
export class SessionConflictError extends SessionError {
  override readonly name: string = 'SessionConflictError'
  /** @param attempts - How often others won; left out: the store says that it has a record of the new id already. */
  constructor(attempts?: number) {
    const why = attempts === undefined ? 'its new id is taken' : `other writers won ${attempts} times`
    super('ERR_SESSION_CONFLICT', `The session could not be saved: ${why}`)
  }
}

/** The session was changed after its response had been committed. */
export class SessionCommittedError extends SessionError {
  override readonly name: string = 'SessionCommittedError'
  constructor(reason = 'change it by save(change) on its handle') {
    super('ERR_SESSION_COMMITTED', `The response of this session was already committed: ${reason}`)
  }
}

/** The session was changed after `destroy()`, or after it turned out to be gone from the store. */
export class SessionDestroyedError extends SessionError {
  override readonly name: string = 'SessionDestroyedError'
  constructor() {
    super('ERR_SESSION_DESTROYED', 'The session has ended, or got a new id')
  }
}

/** Data that can't be decoded, or that the schema refuses. The message never shows a value. */
export class SessionDataError extends SessionError {
  override readonly name: string = 'SessionDataError'
  constructor(problem: string, options?: ErrorOptions) {
    super('ERR_SESSION_DATA', `The session's data ${problem}`, options)
  }
}

/** Too much for a cookie, for the store, or for `maxDataBytes`. `size` and `limit` are bytes. */
export class SessionTooLargeError extends SessionError {
  override readonly name: string = 'SessionTooLargeError'
  readonly size: number
  readonly limit: number

  constructor(what: 'cookie' | 'data' | 'owner', size: number, limit: number) {
    super('ERR_SESSION_TOO_LARGE', `The session's ${what} takes ${size} bytes and ${TOO_LARGE[what](limit)}`)
    this.size = size
    this.limit = limit
  }
}

const TOO_LARGE: Record<'cookie' | 'data' | 'owner', (limit: number) => string> = {
  cookie: (limit) => `browsers keep at most ${limit}: store less, or use a server-side store`,
  data: (limit) => `may take at most ${limit} (maxDataBytes, or what the store takes): store less`,
  owner: (limit) => `the store takes at most ${limit}: use a shorter one, such as a hash of it`,
}

/**
 * Another `exclusive` of this session did not end while this one waited, or this one took longer than it may hold the
 * session.
 */
export class SessionLockedError extends SessionError {
  override readonly name: string = 'SessionLockedError'
  constructor(why: 'held' | 'over') {
    super(
      'ERR_SESSION_LOCKED',
      why === 'held'
        ? 'Another request held the session for too long'
        : 'It took longer than "hold": nothing was saved',
    )
  }
}

/** Whether this is an error of this library, of whichever copy of it. */
export function isSessionError(error: unknown): error is SessionError {
  return error instanceof Error && 'code' in error && /^ERR_SESSION_/.test(String(error.code))
}
