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

/** A proxy, with the session of its request. Nothing returned lets the request pass. */
export type NextProxyHandler<Data> = (
  request: NextRequest,
  session: SessionHandle<Data>,
  event: NextFetchEvent,
) => Passed | Promise<Passed>

// biome-ignore lint/suspicious/noConfusingVoidType: a proxy that lets all pass has no return
type Passed = Response | undefined | void
