import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { Hono } from 'hono'
import { expectTypeOf, test } from 'vitest'
import { type SessionEnv, type SessionMiddlewareOptions, session, sessionOf } from './index.js'

const sessions = new SessionManager<{ count: number }>({
  store: new MemoryStore(),
  secret: 'thirty-two bytes of secret, at least',
})

test('the session is typed through the middleware chain', () => {
  new Hono().use(session(sessions)).get('/', async (c) => {
    expectTypeOf(c.var.session).toEqualTypeOf<SessionHandle<{ count: number }>>()
    expectTypeOf((await c.var.session.read()).get('count')).toEqualTypeOf<number | undefined>()
    // @ts-expect-error there is no such key
    ;(await c.var.session.read()).get('cuont')
    return c.text('')
  })
})

test('under the name that was asked for, beside what else the chain sets', () => {
  new Hono<{ Variables: { user: string } }>().use(session(sessions, { as: 'cart' })).get('/', (c) => {
    expectTypeOf(c.var.cart).toEqualTypeOf<SessionHandle<{ count: number }>>()
    expectTypeOf(c.var.user).toEqualTypeOf<string>()
    return c.text('')
  })
})

test('after an unchained app.use, by the type of the app', () => {
  const app = new Hono<SessionEnv<{ count: number }>>()
  app.use(session(sessions))
  app.get('/', async (c) => {
    expectTypeOf(c.var.session).toEqualTypeOf<SessionHandle<{ count: number }>>()
    expectTypeOf(c.get('session')).toEqualTypeOf<SessionHandle<{ count: number }>>()
    // @ts-expect-error there is no such key
    ;(await c.var.session.write()).set('cuont', 1)
    return c.text('')
  })
})

test('and so is one under another name, with bindings', () => {
  const app = new Hono<{ Bindings: { SECRET: string } } & SessionEnv<{ count: number }, 'cart'>>()
  app.use(session((c) => ({ store: new MemoryStore(), secret: c.env.SECRET }), { as: 'cart' }))
  app.get('/', (c) => {
    expectTypeOf(c.var.cart).toEqualTypeOf<SessionHandle<{ count: number }>>()
    expectTypeOf(c.env.SECRET).toEqualTypeOf<string>()
    return c.text('')
  })
})

test('keep gets what was thrown, whatever that is, and answers at once', () => {
  session(sessions, { keep: (error) => error instanceof Error })
  expectTypeOf<SessionMiddlewareOptions['keep']>().toEqualTypeOf<((error: unknown) => boolean) | undefined>()
  // @ts-expect-error nobody waits for a promise
  session(sessions, { keep: async () => true })
})

test('sessionOf has the type that it is asked for, with any context', () => {
  new Hono<{ Variables: { other: string } }>().get('/', (c) => {
    expectTypeOf(sessionOf<{ count: number }>(c)).toEqualTypeOf<SessionHandle<{ count: number }>>()
    return c.text('')
  })
  new Hono<SessionEnv<{ count: number }, 'cart'>>().get('/', (c) => {
    expectTypeOf(sessionOf<{ count: number }>(c, 'cart')).toEqualTypeOf<SessionHandle<{ count: number }>>()
    return c.text('')
  })
})
