import type { SessionHandle } from '@fetch-sessions/core'
import type { NextFetchEvent, NextRequest } from 'next/server.js'

/** A server action, with the session of its request before its own arguments. */
export type Action<Data, Args extends readonly unknown[], Result> = (
  session: SessionHandle<Data>,
  ...args: Args
) => Result | Promise<Result>

/** A route handler, with the session of its request. `Rest` is the context that has `params`. */
export type RouteHandler<Data, Rest extends readonly unknown[]> = (
  request: NextRequest,
  session: SessionHandle<Data>,
  ...rest: Rest
) => Response | Promise<Response>

/** Options of `sessions.route`. */
export interface RouteOptions {
  /**
   * Whether this response stands for an error, so that nothing is saved but a `destroy()`. For handlers that make a response
   * of each error by themselves. It is asked about what `redirect()` and `notFound()` make, too. Default: none does. Where a
   * response does not tell, call `sessions.manager.fail(session)`.
   */
  failed?: ((response: Response) => boolean) | undefined
}

/** A proxy, with the session of its request. Nothing returned lets the request pass. */
export type NextProxyHandler<Data> = (
  request: NextRequest,
  session: SessionHandle<Data>,
  event: NextFetchEvent,
) => Passed | Promise<Passed>

// biome-ignore lint/suspicious/noConfusingVoidType: a proxy that lets all pass has no return
type Passed = Response | undefined | void
