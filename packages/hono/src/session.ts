import {
  checkPropertyName,
  forgetBody,
  isAnswer,
  isHandle,
  isResponse,
  keeperOf,
  managerOf,
  rejectUnknown,
  type SessionData,
  type SessionHandle,
  type SessionSource,
  tellFailure,
  varyByCookie,
} from '@fetch-sessions/core'
import type { Context, MiddlewareHandler } from 'hono'

/** What the middleware adds to an app's `Variables`: the handle, under `session` or the name given as `as`. */
export interface SessionEnv<Data, As extends string = 'session'> {
  Variables: { [K in As]: SessionHandle<Data> }
}

/** Options of `session`. */
export interface SessionMiddlewareOptions<As extends string = 'session'> {
  /** The name of the variable that holds the handle. Default `session`. */
  as?: As
  /**
   * Whether what the handler threw is an answer and not a failure. Then the session is saved, and the page of the error
   * brings its cookie. For one-time codes and counters of attempts, which an `HTTPException` would undo:
   * `keep: (error) => error instanceof HTTPException && error.status < 500`. Default: a `Response` below 500 is one.
   */
  keep?: (error: unknown) => boolean
}

/**
 * Gives each request its session, as `c.var.session`.
 *
 * `sessions` is a `SessionManager`, its options, or a function of the context that returns either; it is called once
 * for each `c.env`, not once for each request.
 *
 * A handler that throws, an `HTTPException` for example, saves nothing but a `destroy()`, unless `keep` says otherwise. A
 * `SessionError`, such as a store that is down, reaches the app's `onError`. A `Response` below 500 that is thrown is the
 * answer, as if it had been returned.
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
  options: SessionMiddlewareOptions<As> = {},
): MiddlewareHandler<SessionEnv<Data, As>> {
  const manager = managerOf(sessions)
  rejectUnknown('session: ', options, ['as', 'keep'])
  const { as = 'session' as As } = options
  checkPropertyName('as', as)
  const keeps = keeperOf(options.keep)
  const middleware: MiddlewareHandler = async (c, next) => {
    const sessions = manager(c.env, c)
    const outer: unknown = c.get(as)
    let opened: SessionHandle<Data> | undefined
    let isAnswered = false
    let hasFailed = false
    /** What was thrown and has reached this middleware, which throws it on. */
    let thrown: { readonly error: unknown } | undefined
    const handled = sessions.handle(
      c.req.raw,
      async (handle) => {
        opened = handle
        c.set(as, handle)
        try {
          await next()
        } catch (error) {
          // Hono makes an answer of an error only, and of nothing else that is thrown.
          if (isAnswer(error)) {
            c.res = error
            hasFailed = !keeps(error)
            // A middleware around this one, which commits if it is of the same manager, sees a response like any other.
            if (hasFailed) sessions.fail(handle)
          } else if (isResponse(error)) throw error
          else thrown = { error }
        } finally {
          // Whoever is outside goes on with its own.
          if (outer !== undefined) c.set(as, outer)
        }
        // Of most errors Hono has made a response by now. They are thrown all the same, as in every adapter.
        const error = thrown === undefined ? c.error : thrown.error
        if (thrown !== undefined || error !== undefined) {
          if (isNews(c, sessions, error)) tellFailure(handle, error)
          hasFailed = !keeps(error)
        }
        // Without an answer, Hono says so; to ask for `c.res` would make an empty one.
        isAnswered = thrown === undefined && c.finalized
        return isAnswered ? c.res : new Response()
      },
      {
        // A middleware such as bodyLimit may have put another request there.
        current: () => c.req.raw,
        used: () => sayVary(c),
        failed: () => hasFailed || !(isAnswered || thrown),
        // A Response of 500 or more.
        keep: keeps,
      },
    )
    const response = await handled.catch(async (error) => {
      // One that was thrown has all that it needs.
      if (opened === undefined || isResponse(error)) throw error
      // The commit has failed, and core has told of it. In a middleware within another one of the same manager, that commits.
      isNews(c, sessions, error)
      if (c.finalized) giveUpAnswer(c)
      const headers = new Headers()
      await sessions.commitHeaders(opened, headers, { failed: true })
      addHeaders(c, headers)
      throw error
    })
    if (thrown !== undefined) {
      addHeaders(c, response.headers)
      throw thrown.error
    }
    // One that came after all, for which nothing was saved. Hono says so where it comes later still.
    if (c.finalized && !isAnswered) {
      giveUpAnswer(c)
      throw new Error('fetch-sessions: a middleware did not wait: write "await next()"')
    }
    if (c.finalized && response !== c.res) {
      // Else the setter would put the old headers in the place of the new ones.
      c.res = undefined
      c.res = response
    }
  }
  return middleware
}

/**
 * The handle that the middleware has set, for code that has the context but not its type. Where `c.var.session` would be
 * `undefined`, since no middleware ran before, this says so.
 *
 * @throws TypeError if no session middleware ran before, or something else is there
 *
 * @example
 * ```ts
 * const requireUser = createMiddleware(async (c, next) => {
 *   const session = await sessionOf<Data>(c).read()
 *   if (session.get('userId') === undefined) return c.redirect('/sign-in')
 *   return next()
 * })
 * ```
 */
export function sessionOf<Data = SessionData>(
  c: { get(name: never): unknown },
  as: string = 'session',
): SessionHandle<Data> {
  const handle: unknown = c.get(as as never)
  if (!isHandle<Data>(handle)) {
    const mount = as === 'session' ? 'session(sessions)' : `session(sessions, { as: '${as}' })`
    throw new TypeError(
      handle === undefined
        ? `fetch-sessions: c.var.${as} is not set, since no session middleware ran before: put app.use(${mount}) in front of this route, on a path that matches it`
        : `fetch-sessions: c.var.${as} is no session: something else has set it. Take another name for one of the two (session(sessions, { as }))`,
    )
  }
  return handle
}

/**
 * The answer is lost. Hono puts its headers on the page of the error that follows: what describes its body, and how long that
 * may be kept, does not belong there.
 */
function giveUpAnswer(c: Context): void {
  const { headers } = c.res
  const kept = new Headers(headers)
  forgetBody(kept)
  c.res = undefined
  c.res = new Response(null, { status: 500, headers: kept })
  // Older releases of Hono keep what `c.header` has set beside the response as well.
  for (const name of [...headers.keys()]) if (!kept.has(name)) c.header(name, undefined)
}

/** The page of an error, too, brings the cookie of what was saved. */
function addHeaders(c: Context, headers: Headers): void {
  for (const [name, value] of headers) {
    if (name !== 'vary') c.header(name, value, { append: name === 'set-cookie' })
  }
}

/** Of which error each manager has told last, by the context. There may be several middlewares, one within the other. */
const told: WeakMap<Context, Map<object, unknown>> = new WeakMap()

/** Whether the manager has not told of this error in this context. From now on it has. */
function isNews(c: Context, sessions: object, error: unknown): boolean {
  const errors = told.get(c) ?? new Map<object, unknown>()
  const isNew = errors.get(sessions) !== error
  told.set(c, errors.set(sessions, error))
  return isNew
}

/** By the prototype of a context: the same, but each response that is put there says `Vary: Cookie`. */
const varying: WeakMap<object, object> = new WeakMap()

/**
 * From now on each response of this context says `Vary: Cookie`, so that a cache between this middleware and the handler
 * knows it as well, and an error page has it.
 */
function sayVary(c: Context): void {
  const prototype: object = Object.getPrototypeOf(c)
  // A second manager need not say it again.
  if (varying.get(prototype) === prototype) return
  // What the context makes a response of has it from the start, and what its headers are merged with does not lose it.
  if (!c.finalized) c.header('Vary', 'Cookie', { append: true })
  // A Response that the handler made itself passes through here. A property of the context's own would make all that Hono
  // does with it slow.
  Object.setPrototypeOf(c, varying.get(prototype) ?? makeVarying(prototype))
}

function makeVarying(prototype: object): object {
  const { get, set } = Object.getOwnPropertyDescriptor(prototype, 'res') as Required<
    Pick<PropertyDescriptor, 'get' | 'set'>
  >
  const made: object = Object.create(prototype, {
    res: {
      configurable: true,
      get,
      set(this: Context, response: Response | undefined) {
        set.call(this, response && varyByCookie(response))
      },
    },
  })
  varying.set(prototype, made)
  varying.set(made, made)
  return made
}
