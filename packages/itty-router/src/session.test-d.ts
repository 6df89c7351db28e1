import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { AutoRouter, Router, StatusError } from 'itty-router'
import { expectTypeOf, test } from 'vitest'
import { type SessionOptionsForRouter, type SessionRequest, session } from './index.js'

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

test('keep gets what was thrown, whatever that is, and answers at once', () => {
  session(sessions, { keep: (error) => error instanceof StatusError && error.status < 500 })
  expectTypeOf<SessionOptionsForRouter<'session', []>['keep']>().toEqualTypeOf<
    ((error: unknown) => boolean) | undefined
  >()
  // @ts-expect-error nobody waits for a promise
  session(sessions, { keep: async () => true })
})
