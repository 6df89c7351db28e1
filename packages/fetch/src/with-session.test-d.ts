import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { expectTypeOf, test } from 'vitest'
import { withSession } from './index.js'

const secret = 'thirty-two bytes of secret, at least'

test('the data type comes from the manager', () => {
  const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret })
  const handler = withSession(async (_request, session) => {
    expectTypeOf((await session.read()).get('count')).toEqualTypeOf<number | undefined>()
    // @ts-expect-error there is no such key
    ;(await session.read()).get('cuont')
    return new Response()
  }, sessions)
  expectTypeOf(handler).toEqualTypeOf<(request: Request) => Promise<Response>>()
})

test('the result has the signature of the platform', () => {
  interface Env {
    SECRET: string
  }
  interface Context {
    waitUntil(promise: Promise<unknown>): void
  }
  const handler = withSession(
    async (_request, session, env: Env, ctx: Context) => {
      expectTypeOf(session).toEqualTypeOf<SessionHandle<{ count: number }>>()
      ctx.waitUntil(Promise.resolve(env.SECRET))
      return new Response()
    },
    (env: Env) => new SessionManager<{ count: number }>({ store: new MemoryStore(), secret: env.SECRET }),
  )
  expectTypeOf(handler).toEqualTypeOf<(request: Request, env: Env, ctx: Context) => Promise<Response>>()
})

test('what the handler says of env is known to the function that makes the sessions', () => {
  interface Env {
    SECRET: string
  }
  const handler = withSession(
    async (_request, session, env: Env) => new Response(`${env.SECRET}${(await session.read()).size}`),
    (env) => {
      expectTypeOf(env).toEqualTypeOf<Env>()
      return { store: new MemoryStore(), secret: env.SECRET }
    },
  )
  expectTypeOf(handler).toEqualTypeOf<(request: Request, env: Env) => Promise<Response>>()
})

test('a handler that does not care for env can leave it to the sessions', () => {
  const handler = withSession(
    (_request, _session) => new Response(),
    (env: { SECRET: string }) => ({ store: new MemoryStore(), secret: env.SECRET }),
  )
  expectTypeOf(handler).toBeCallableWith(new Request('https://example.com/'), { SECRET: secret })
})

test('a handler of Bun returns nothing where its server has upgraded the request', () => {
  /** As Bun has it: what stands behind the request depends on the data of its sockets. */
  interface Server<Data> {
    upgrade(request: Request, options: { headers?: HeadersInit; data: Data }): boolean
  }
  const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret })
  const handler = withSession(async (request, handle, server: Server<SessionHandle<{ count: number }>>) => {
    expectTypeOf((await handle.read()).get('count')).toEqualTypeOf<number | undefined>()
    if (server.upgrade(request, { data: handle })) return undefined
    return new Response('no WebSocket', { status: 400 })
  }, sessions)
  expectTypeOf(handler).returns.toEqualTypeOf<Promise<Response | undefined>>()
  expectTypeOf(handler).parameters.toEqualTypeOf<[Request, Server<SessionHandle<{ count: number }>>]>()
})

test('elsewhere a handler returns a Response', () => {
  const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret })
  // @ts-expect-error one branch returns nothing
  withSession(async ({ method }) => (method === 'GET' ? new Response() : undefined), sessions)
  // @ts-expect-error the same with what Workers pass
  withSession(async ({ method }, _session, _env: object) => (method === 'GET' ? new Response() : undefined), sessions)
})
