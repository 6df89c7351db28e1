import type { AddressInfo } from 'node:net'
import { MemoryStore, type SessionHandle, SessionManager, SessionStoreError } from '@fetch-sessions/core'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { stream } from 'hono/streaming'
import { describe, expect, it } from 'vitest'
import { isStreamLetGo, runScenario, type ServeWith, scenarios } from '../../core/src/testing/adapter-scenarios.js'
import { secret } from '../../core/src/testing/secret.js'
import { session, sessionOf } from './index.js'

interface Data {
  count: number
}

const manager = (options: { name?: string; store?: MemoryStore } = {}): SessionManager<Data> =>
  new SessionManager<Data>({
    store: options.store ?? new MemoryStore(),
    secret,
    cookie: options.name === undefined ? {} : { name: options.name },
  })

const increment = async (handle: SessionHandle<Data>): Promise<number> =>
  (await handle.write()).update('count', (n = 0) => n + 1)

const sessionCookies = (response: Response): string[] =>
  response.headers.getSetCookie().filter((cookie) => cookie.includes('sid='))

describe('the middleware treats', () => {
  const serveWith: ServeWith = (sessions, handler) => {
    const app = new Hono().use(session(sessions)).get('/', (c) => handler(c.var.session, c.req.raw))
    app.onError(() => new Response('failed', { status: 500 }))
    return async (request) => app.fetch(request)
  }
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

describe('the middleware', () => {
  it('sets c.var.session, or the name that is asked for', async () => {
    const app = new Hono()
      .use(session(manager()))
      .use(session(manager({ name: '__Host-other-sid' }), { as: 'other' }))
      .get('/', async (c) => c.json([await increment(c.var.session), await increment(c.var.other)]))
    const response = await app.request('/')
    expect(await response.json()).toEqual([1, 1])
    expect(sessionCookies(response).map((cookie) => cookie.split('=')[0])).toEqual(['__Host-other-sid', '__Host-sid'])
  })

  it.each(['name', 'As', 'cookie'])('refuses %s, which is no option of its own', (option) => {
    expect(() => session(manager(), { [option]: 'cart' })).toThrow(
      `fetch-sessions: session: ${option} is no option: there are as`,
    )
  })

  it.each([5, '', null, true, ['session']])('refuses as: %j, which names no property', (as) => {
    expect(() => session(manager(), { as: as as never })).toThrow(
      new TypeError('fetch-sessions: as must be the name of a property'),
    )
  })

  it('commits once where the same manager is mounted twice', async () => {
    const sessions = manager()
    const app = new Hono()
      .use(session(sessions))
      .use('/inner/*', session(sessions))
      .get('/inner/count', async (c) => c.json(await increment(c.var.session)))
    const response = await app.request('/inner/count')
    expect([await response.json(), sessionCookies(response).length]).toEqual([1, 1])
  })

  it('does no session work outside of the path it is mounted at', async () => {
    const app = new Hono()
    app.use('/app/*', session(manager()))
    app.get('/', (c) => c.text(String(c.get('session' as never))))
    expect(await (await app.request('/')).text()).toBe('undefined')
  })

  it('keeps the cookies and headers that handlers set, in their order', async () => {
    const app = new Hono().use(session(manager())).get('/', async (c) => {
      await increment(c.var.session)
      c.header('Set-Cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', { append: true })
      c.header('Set-Cookie', 'b=2', { append: true })
      c.header('X-Own', 'kept')
      return c.text('ok', 201)
    })
    const response = await app.request('/')
    expect(response.headers.getSetCookie().map((cookie) => cookie.split('=')[0])).toEqual(['a', 'b', '__Host-sid'])
    expect([response.status, response.headers.get('x-own')]).toEqual([201, 'kept'])
  })

  it.each([
    ['c.redirect', () => undefined],
    ['Response.redirect, whose headers can not be changed', () => Response.redirect('https://example.com/next', 303)],
  ])('sends the cookie with %s', async (_name, native) => {
    const app = new Hono().use(session(manager())).get('/', async (c) => {
      await increment(c.var.session)
      c.header('Set-Cookie', 'a=1')
      return native() ?? c.redirect('https://example.com/next', 303)
    })
    const response = await app.request('/')
    expect([response.status, response.headers.get('location')]).toEqual([303, 'https://example.com/next'])
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('works with a 404, a 204, a HEAD and a streamed answer', async () => {
    const app = new Hono()
      .use(session(manager()))
      .use(async (c, next) => {
        await increment(c.var.session)
        await next()
      })
      .get('/none', (c) => c.body(null, 204))
      .get('/stream', (c) => stream(c, async (out) => void (await out.write('streamed'))))
    const answers = await Promise.all([
      app.request('/nowhere'),
      app.request('/none'),
      app.request('/stream', { method: 'HEAD' }),
      app.request('/stream'),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 204, 200, 200])
    expect(answers.map((response) => sessionCookies(response).length)).toEqual([1, 1, 1, 1])
    expect(await answers[3].text()).toBe('streamed')
  })

  it('saves nothing when a handler throws an HTTPException, and lets its response through', async () => {
    const app = new Hono().use(session(manager())).get('/', async (c) => {
      await increment(c.var.session)
      throw new HTTPException(401, { message: 'who are you?' })
    })
    const response = await app.request('/')
    expect([response.status, await response.text(), sessionCookies(response)]).toEqual([401, 'who are you?', []])
  })

  it.each(['a string', undefined])('lets %j, which is no Error, reject, and saves nothing', async (thrown) => {
    const store = new MemoryStore()
    const app = new Hono().use(session(manager({ store }))).get('/', async (c) => {
      await increment(c.var.session)
      throw thrown
    })
    await expect((async () => app.request('/'))()).rejects.toBe(thrown)
    expect(store.size).toBe(0)
  })

  it('hands a store that fails at the commit to onError, without the handler’s answer', async () => {
    const store = new MemoryStore()
    store.create = () => {
      throw new Error('disk full')
    }
    const app = new Hono()
      .use(session(manager({ store })))
      .get('/', async (c) => c.json(await increment(c.var.session)))
    const seen: unknown[] = []
    app.onError((error, c) => {
      seen.push(error)
      return c.text('sorry', 503)
    })
    const response = await app.request('/')
    expect([response.status, await response.text(), sessionCookies(response)]).toEqual([503, 'sorry', []])
    expect(seen[0]).toBeInstanceOf(SessionStoreError)
  })

  it('builds one manager for each env where it is given a function', async () => {
    let built = 0
    const app = new Hono<{ Bindings: { SECRET: string } }>()
      .use(
        session<Data>((c) => {
          built++
          return { store: new MemoryStore(), secret: c.env.SECRET }
        }),
      )
      .get('/', async (c) => c.json(await increment(c.var.session)))
    const env = { SECRET: secret }
    const first = await app.request('/', {}, env)
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const second = await app.request('/', { headers: { cookie } }, env)
    expect([await second.json(), built]).toEqual([2, 1])
  })

  it('finds the session again when another middleware replaced the request', async () => {
    const app = new Hono()
      .use(session(manager()))
      .use(async (c, next) => {
        c.req.raw = new Request(c.req.raw, { headers: { 'x-added': '1' } })
        await next()
      })
      .get('/', async (c) => c.json(await increment(c.var.session)))
    expect(sessionCookies(await app.request('/'))).toHaveLength(1)
  })
})

describe('what is missing is said in words', () => {
  it('where the middleware gets no sessions', () => {
    expect(() => (session as () => unknown)()).toThrow(
      new TypeError(
        'fetch-sessions: sessions is missing: give a SessionManager, its options, or a function that returns either',
      ),
    )
  })

  it('where something else is under the name that sessionOf looks for', () => {
    const c = { get: () => ({ user: 'ada' }) }
    expect(() => sessionOf(c)).toThrow(TypeError)
    expect(() => sessionOf(c)).toThrow(/c\.var\.session is no session: something else has set it/)
  })

  it('where no middleware ran before sessionOf', async () => {
    const app = new Hono()
    app.use('/app/*', session(manager())).use('/app/*', session(manager({ name: '__Host-cart' }), { as: 'cart' }))
    app.get('/app', async (c) => c.json([await increment(sessionOf<Data>(c)), await increment(sessionOf(c, 'cart'))]))
    app.get('/outside', async (c) => c.json(await increment(sessionOf<Data>(c, c.req.query('as')))))
    app.onError((error, c) => c.text(`${error.name}: ${error.message}`, 500))
    expect(await (await app.request('/app')).json()).toEqual([1, 1])
    expect(await (await app.request('/outside')).text()).toMatch(
      /^TypeError: .*c\.var\.session is not set.*put app\.use\(session\(sessions\)\) in front/,
    )
    expect(await (await app.request('/outside?as=cart')).text()).toMatch(/c\.var\.cart is not set.*\{ as: 'cart' \}/)
  })
})

describe('a Hono app on Node', () => {
  it('counts for a client that keeps its cookie', async () => {
    const app = new Hono()
      .use(session(manager()))
      .get('/', async (c) => c.json(await increment(c.var.session)))
      .get('/away', async (c) => {
        await increment(c.var.session)
        return c.redirect('/')
      })
      .get('/static', (c) => c.text('same for all'))
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    try {
      await new Promise((resolve) => server.once('listening', resolve))
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const first = await fetch(origin)
      const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
      const headers = { cookie }
      const away = await fetch(`${origin}/away`, { headers, redirect: 'manual' })
      const third = await fetch(origin, { headers })
      const untouched = await fetch(`${origin}/static`, { headers })
      expect([await first.json(), away.status, await third.json()]).toEqual([1, 302, 3])
      expect([untouched.headers.get('vary'), untouched.headers.getSetCookie()]).toEqual([null, []])
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })
})
