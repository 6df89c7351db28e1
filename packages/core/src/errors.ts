/** What went wrong, as a word that does not change between releases. */
export type SessionErrorCode =
  | 'ERR_SESSION_STORE'
  | 'ERR_SESSION_CONFLICT'
  | 'ERR_SESSION_COMMITTED'
  | 'ERR_SESSION_DESTROYED'
  | 'ERR_SESSION_DATA'
  | 'ERR_SESSION_TOO_LARGE'
  | 'ERR_SESSION_UNSUPPORTED'

/** The class of every error of this library but a wrong option or value, which is a `TypeError`. */
export class SessionError extends Error {
  override readonly name: string = 'SessionError'
  /** Stable between releases; messages are not. */
  readonly code: SessionErrorCode

  constructor(code: SessionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The store failed: it threw or rejected. The store's own error is `cause`. */
export class SessionStoreError extends SessionError {
  override readonly name: string = 'SessionStoreError'
  constructor(operation: string, cause: unknown) {
    super('ERR_SESSION_STORE', `The session store failed at "${operation}"`, { cause })
  }
}

/** Other writers won each time. Nothing of this request was stored. */
export class SessionConflictError extends SessionError {
  override readonly name: string = 'SessionConflictError'
  constructor(attempts: number) {
    super('ERR_SESSION_CONFLICT', `The session could not be saved: other writers won ${attempts} times`)
  }
}

/** The session was changed after its response had been committed. */
export class SessionCommittedError extends SessionError {
  override readonly name: string = 'SessionCommittedError'
  constructor(reason = 'call write() on its handle again, and save() after the change') {
    super('ERR_SESSION_COMMITTED', `The response of this session was already committed: ${reason}`)
  }
}

/** The session was changed after `destroy()`, or after it turned out to be gone from the store. */
export class SessionDestroyedError extends SessionError {
  override readonly name: string = 'SessionDestroyedError'
  constructor() {
    super('ERR_SESSION_DESTROYED', 'The session is destroyed and can not be changed any more')
  }
}

/** Data that can't be decoded, or that the schema refuses. The message never shows a value. */
export class SessionDataError extends SessionError {
  override readonly name: string = 'SessionDataError'
  constructor(problem: string) {
    super('ERR_SESSION_DATA', `The session's data ${problem}`)
  }
}

/** The cookie that would hold the session is larger than a browser accepts. */
export class SessionTooLargeError extends SessionError {
  override readonly name: string = 'SessionTooLargeError'
  constructor(size: number, limit: number) {
    super(
      'ERR_SESSION_TOO_LARGE',
      `The session takes ${size} bytes as a cookie and browsers keep at most ${limit}: store less, or use a server-side store`,
    )
  }
}
