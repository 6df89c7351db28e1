import { MemoryStore, type SessionHandle } from '@fetch-sessions/core'
import type { NextRequest } from 'next/server.js'
import { expectTypeOf, test } from 'vitest'
import { nextSessions } from './index.js'

const sessions = nextSessions<{ count: number }>(() => ({
  store: new MemoryStore(),
  secret: process.env.SESSION_SECRET,
}))

test('what is read has the type of the data', async () => {
  expectTypeOf((await sessions.read()).get('count')).toEqualTypeOf<number | undefined>()
  // @ts-expect-error there is no such key
  ;(await sessions.read()).get('cuont')
})

test('an action has its own arguments and its result', () => {
  const add = sessions.action(async (session, by: number) => {
    expectTypeOf(session).toEqualTypeOf<SessionHandle<{ count: number }>>()
    return (await session.write()).update('count', (n = 0) => n + by)
  })
  expectTypeOf(add).toEqualTypeOf<(by: number) => Promise<number>>()
  const form = sessions.action(async (_session, _before: string | undefined, _form: FormData) => 'done')
  expectTypeOf(form).toEqualTypeOf<(before: string | undefined, form: FormData) => Promise<string>>()
})

test('a route handler has the context that Next gives it', () => {
  expectTypeOf(sessions.route(() => new Response())).toEqualTypeOf<(request: NextRequest) => Promise<Response>>()
  const handler = sessions.route(async (_request, _session, context: { params: Promise<{ id: string }> }) =>
    Response.json((await context.params).id),
  )
  expectTypeOf(handler).parameter(1).toEqualTypeOf<{ params: Promise<{ id: string }> }>()
  const failing = sessions.route(
    async (_request, _session, context: { params: Promise<{ id: string }> }) =>
      Response.json((await context.params).id),
    { failed: ({ status }) => status >= 400 },
  )
  expectTypeOf(failing).toEqualTypeOf<typeof handler>()
})
