/** How `SessionManager.handle` treats what comes of its handler. */
export interface HandleOptions {
  /**
   * Whether this response was made of an error, so that nothing is saved. For frameworks that turn errors into
   * responses before the adapter sees them. Default: none was. If you can't tell by the response, call
   * `SessionManager.fail`.
   */
  failed?: ((response: Response) => boolean) | undefined
  /**
   * Whether a thrown value is an answer and not a failure. Then the session is saved, and the value is thrown on.
   * Default: a `Response` below 500 is one, and it is thrown on with the cookie.
   */
  keep?: ((thrown: unknown) => boolean) | undefined
  /**
   * For adapters: the response that the framework makes of an error. It gets the cookie of what was saved before the
   * error. `undefined`: the error is thrown on.
   */
  respond?: ((error: unknown) => Response | undefined) | undefined
  /**
   * For adapters: the request that the handler has now. A middleware may have replaced it. A session that is opened
   * with the new request is committed as well. Core calls this whenever a session is opened with a request that it does
   * not know yet.
   */
  current?: (() => Request) | undefined
  /** For adapters: called when the session is asked for the first time. A cache in front learns of it by `Vary`. */
  used?: (() => void) | undefined
}
