import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { AutoRouter, Router } from 'itty-router'
import { expectTypeOf, test } from 'vitest'
import { type SessionRequest, session } from './index.js'

const sessions = new SessionManager<{ count: number }>({
  store: new MemoryStore(),
  secret: 'thirty-two bytes of secret, at least',
})

test('the hooks fit Router and AutoRouter, and the request has its session', () => {
  Router({ ...session(sessions) })
  AutoRouter({ ...session(sessions) }).get('/', async (request: SessionRequest<{ count: number }>) => {
    expectTypeOf(request.session).toEqualTypeOf<SessionHandle<{ count: number }>>()
    expectTypeOf((await request.session.read()).get('count')).toEqualTypeOf<number | undefined>()
  })
})
