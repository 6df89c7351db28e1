import { MemoryStore, SessionConflictError, type SessionEvent, SessionManager } from '@fetch-sessions/core'
import { failingStore } from '@fetch-sessions/core/testing'
import { describe, expect, it } from 'vitest'
import { isStreamLetGo, runScenario, type ServeWith, scenarios } from '../../core/src/testing/adapter-scenarios.js'
import { secret } from '../../core/src/testing/secret.js'
import { withSession } from './index.js'

const manager = (): SessionManager<{ count: number }> => new SessionManager({ store: new MemoryStore(), secret })

describe('withSession treats', () => {
  const serveWith: ServeWith = (sessions, handler) =>
    withSession((request, session) => handler(session, request), sessions)
  for (const scenario of scenarios) {
    it(`${scenario.name} as every adapter does`, async () => {
      const { calls, cookie, count } = scenario
      expect(await runScenario(serveWith, scenario)).toEqual({ calls, cookie, count })
    })
  }

  it.each(['returned', 'thrown'] as const)(
    'a stream that is %s, and whose session can not be stored: it is let go of',
    async (how) => {
      expect(await isStreamLetGo(serveWith, how)).toBe(true)
    },
  )
})

describe('withSession', () => {
  it('counts over several requests', async () => {
    const visit = withSession(
      async (_request, session) => Response.json((await session.write()).update('count', (n = 0) => n + 1)),
      manager(),
    )
    const first = await visit(new Request('https://example.com/'))
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const second = await visit(new Request('https://example.com/', { headers: { cookie } }))
    expect([await first.json(), await second.json()]).toEqual([1, 2])
  })

  it('takes options as well as a manager', async () => {
    const visit = withSession(
      async (_request, session) => {
        ;(await session.write()).set('any', 'thing')
        return new Response()
      },
      { store: new MemoryStore(), secret },
    )
    expect((await visit(new Request('https://example.com/'))).headers.getSetCookie()).toHaveLength(1)
  })

  it('says in words what is missing', () => {
    const call = withSession as unknown as (...args: unknown[]) => unknown
    expect(() => call()).toThrow(/^fetch-sessions: withSession needs a handler, and then sessions/)
    expect(() => call({ store: new MemoryStore(), secret }, () => new Response())).toThrow(/needs a handler/)
    expect(() => call(() => new Response())).toThrow(/^fetch-sessions: sessions is missing: give a SessionManager/)
  })

  it('refuses options that can not work at once', () => {
    expect(() => withSession(() => new Response(), { store: new MemoryStore(), secret: 'short' })).toThrow(TypeError)
  })

  it('passes on what the platform hands over, and builds one manager for each env', async () => {
    const built: object[] = []
    const ctx = { waitUntil: () => {} }
    const handler = withSession(
      (_request, _session, env: { secret: string }, context: typeof ctx) =>
        Response.json([env.secret, context === ctx]),
      (env: { secret: string }, _ctx: typeof ctx) => {
        built.push(env)
        return { store: new MemoryStore(), secret: env.secret }
      },
    )
    const [one, two] = [{ secret }, { secret: `another ${secret}` }]
    for (const env of [one, one, two, one]) {
      const response = await handler(new Request('https://example.com/'), env, ctx)
      expect(await response.json()).toEqual([env.secret, true])
    }
    expect(built).toEqual([one, two])
  })

  it('builds one manager where what the platform hands over is new with each request, as on Node and Deno', async () => {
    let built = 0
    const handler = withSession(
      (_request, _session, _info: object) => new Response(),
      (_info: object) => {
        built++
        return manager()
      },
    )
    for (const info of [{ incoming: {}, outgoing: {} }, { incoming: {} }, { remoteAddr: {} }]) {
      await handler(new Request('https://example.com/'), info)
    }
    expect(built).toBe(1)
  })

  it('builds one manager if the function takes no argument, whatever the platform hands over', async () => {
    let built = 0
    const handler = withSession(
      () => new Response(),
      () => {
        built++
        return manager()
      },
    ) as (request: Request, env: object) => Promise<Response>
    for (const env of [{}, {}]) await handler(new Request('https://example.com/'), env)
    expect(built).toBe(1)
  })

  it('knows a manager of another copy of core by its methods', async () => {
    const { handle } = manager()
    const copy = { handle: handle.bind(manager()) } as unknown as SessionManager<{ count: number }>
    expect((await withSession(() => new Response('ok'), copy)(new Request('https://example.com/'))).status).toBe(200)
  })

  it('builds one manager where the platform hands over nothing', async () => {
    let built = 0
    const handler = withSession(
      () => new Response(),
      () => {
        built++
        return manager()
      },
    )
    await handler(new Request('https://example.com/'))
    await handler(new Request('https://example.com/'))
    expect(built).toBe(1)
  })

  it('hands back the very response of a handler that does not use its session', async () => {
    const response = new Response('static')
    expect(await withSession(() => response, manager())(new Request('https://example.com/'))).toBe(response)
  })

  it('leaves the body of the request to the handler', async () => {
    const echo = withSession(async (request) => new Response(await request.text()), manager())
    const response = await echo(new Request('https://example.com/', { method: 'POST', body: 'hello' }))
    expect(await response.text()).toBe('hello')
  })

  it('answers a store that is down with a plain 500, after the listener was told', async () => {
    const events: SessionEvent[] = []
    const store = failingStore(new MemoryStore())
    const sessions = new SessionManager({ store, secret, onEvent: (event) => events.push(event) })
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    store.fail('load', new Error(`connection refused while loading ${id}`))
    const handler = withSession(
      async (_request, session) => Response.json((await session.read()).get('user')),
      sessions,
    )
    const response = await handler(new Request('https://example.com/', { headers: { cookie } }))
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
    expect(response.headers.getSetCookie()).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'failed', error: { code: 'ERR_SESSION_STORE' } })
  })

  it('lets every other error through as it is', async () => {
    const error = new RangeError('of the handler')
    const handler = withSession(() => {
      throw error
    }, manager())
    await expect(handler(new Request('https://example.com/'))).rejects.toBe(error)
  })

  it('answers a SessionError that the handler threw itself with a plain 500', async () => {
    const handler = withSession(() => {
      throw new SessionConflictError(1)
    }, manager())
    expect((await handler(new Request('https://example.com/'))).status).toBe(500)
  })

  it('answers one of another copy of core with a plain 500 as well, and tells the listener', async () => {
    class SessionStoreError extends Error {
      readonly code = 'ERR_SESSION_STORE'
    }
    const error = new SessionStoreError('connection refused')
    const events: SessionEvent[] = []
    const sessions = new SessionManager({ store: new MemoryStore(), secret, onEvent: (event) => events.push(event) })
    const handler = withSession(() => {
      throw error
    }, sessions)
    const response = await handler(new Request('https://example.com/'))
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
    expect(events).toEqual([{ type: 'failed', error }])
  })

  it('within another one of the same manager leaves the session to that, which may catch its error', async () => {
    const sessions = new SessionManager<{ count: number }>({ store: new MemoryStore(), secret })
    const inner = withSession<{ count: number }>(async (_request, session) => {
      ;(await session.write()).set('count', 1)
      throw new Error('refused')
    }, sessions)
    const outer = withSession<{ count: number }>(async (request, session) => {
      await inner(request).catch(() => {})
      ;(await session.write()).update('count', (n = 0) => n + 1)
      return new Response()
    }, sessions)
    const response = await outer(new Request('https://example.com/'))
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    expect((await sessions.read(cookie)).get('count')).toBe(2)
  })

  it('says so when the handler returns no Response', async () => {
    const handler = withSession(() => undefined as unknown as Response, manager())
    await expect(handler(new Request('https://example.com/'))).rejects.toThrow('must return a Response')
  })
})
