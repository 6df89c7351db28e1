import { managerOf, type SessionData, type SessionHandle, type SessionSource } from '@fetch-sessions/core'
import type { Context, MiddlewareHandler } from 'hono'

/** What the middleware adds to an app's `Variables`: the handle, under `session` or the name given as `as`. */
export interface SessionEnv<Data, As extends string = 'session'> {
  Variables: { [K in As]: SessionHandle<Data> }
}

/**
 * Gives each request its session, as `c.var.session`.
 *
 * `sessions` is a `SessionManager`, its options, or a function of the context that returns either; it is called once
 * for each `c.env`, not once for each request.
 *
 * A handler that throws saves nothing but a `destroy()`. A `SessionError`, such as a store that is down, reaches the
 * app's `onError`.
 *
 * @example
 * ```ts
 * const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret })
 *
 * const app = new Hono().use(session(sessions)).get('/', async (c) => {
 *   const session = await c.var.session.write()
 *   return c.text(`Visit ${session.update('count', (n = 0) => n + 1)}`)
 * })
 * ```
 */
export function session<Data = SessionData, As extends string = 'session'>(
  sessions: SessionSource<Data, [c: Context]>,
  { as = 'session' as As }: { as?: As } = {},
): MiddlewareHandler<SessionEnv<Data, As>> {
  const manager = managerOf(sessions)
  const middleware: MiddlewareHandler = async (c, next) => {
    try {
      const response = await manager(c.env, c).handle(c.req.raw, async (handle) => {
        c.set(as, handle)
        await next()
        // Hono has made a response of the error by now. It is a throw all the same, as in every adapter.
        if (c.error !== undefined) throw c.error
        return c.res
      })
      if (response !== c.res) {
        // Else the setter would put the old headers in the place of the new ones.
        c.res = undefined
        c.res = response
      }
    } catch (error) {
      // Hono has dealt with an Error by now, and with nothing else that can be thrown.
      if (error === undefined || error !== c.error) throw error
    }
  }
  return middleware
}
