/** How `SessionManager.handle` treats what comes of its handler. */
export interface HandleOptions {
  /**
   * Responses that stand for a handler that threw: nothing is saved. For frameworks that turn errors into responses
   * before anyone sees them. Default: none. Where a response does not tell, `SessionManager.fail` does.
   */
  failed?: (response: Response) => boolean
  /**
   * Thrown values that are an answer and not a failure: the session is saved, and what was thrown is thrown on. Default:
   * a `Response` below 500, which is thrown on with the cookie.
   */
  keep?: (thrown: unknown) => boolean
  /**
   * For adapters: the response that the framework makes of an error. It gets the cookie of what was saved before the
   * error. `undefined`: the error is thrown on.
   */
  respond?: (error: unknown) => Response | undefined
  /**
   * For adapters: the request as the handler has it by now, where a middleware may have put another one in its place. A
   * session that is opened with such a one is committed as well. It is asked whenever one is opened with a request that is
   * not known yet.
   */
  current?: () => Request
  /** For adapters: called when the session is asked for, the first time; a cache outside has to know it by `Vary`. */
  used?: () => void
}
