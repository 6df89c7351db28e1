import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { Hono } from 'hono'
import { expectTypeOf, test } from 'vitest'
import { session } from './index.js'

const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret: 's'.repeat(32) })

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
