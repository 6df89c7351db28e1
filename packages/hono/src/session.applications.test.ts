import { CookieStore, MemoryStore, SessionManager, type SessionOptions } from '@fetch-sessions/core'
import { Visitor } from '@fetch-sessions/core/testing'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { methodOverride } from 'hono/method-override'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { session } from './index.js'

interface Data {
  user: string
  count: number
}

const manager = (options: Partial<SessionOptions<Data>> = {}): SessionManager<Data> =>
  new SessionManager<Data>({ store: new MemoryStore(), secret, ...options })

const setCookies = (response: Response): string[] => response.headers.getSetCookie()

describe('one Response object for everybody', () => {
  const constants: [string, () => () => Response][] = [
    [
      'a constant without a body',
      () => {
        const done = new Response(null, { status: 303, headers: { location: '/' } })
        return () => done
      },
    ],
    [
      'a constant with a body',
      () => {
        const done = new Response('done')
        return () => done
      },
    ],
    [
      'its clone',
      () => {
        const done = new Response('done')
        return () => done.clone()
      },
    ],
    [
      'one around its body',
      () => {
        const done = new Response(null, { status: 303, headers: { location: '/' } })
        return () => new Response(done.body, done)
      },
    ],
    [
      'a constant of Response.redirect',
      () => {
        const done = Response.redirect('https://example.com/', 303)
        return () => done
      },
    ],
  ]
  it.each(constants)('carries no visitor’s cookie to another: %s', async (_name, make) => {
    const answer = make()
    const sessions = manager()
    const signIn = (app: Hono): Hono =>
      app.post('/sign-in/:user', async (c) => {
        ;(await sessions.write(c.req.raw)).set('user', c.req.param('user')).regenerate()
        return answer()
      })
    const inner = new Hono()
    inner.use(session(sessions))
    signIn(inner)
    inner.get('/untouched', () => answer())
    inner.get('/who', async (c) => c.text((await sessions.read(c.req.raw)).get('user') ?? 'nobody'))
    const app = new Hono().get('/outside', () => answer()).route('/', inner)
    const [ada, bob, eve] = [new Visitor(app), new Visitor(app), new Visitor(app)]
    const [forAda, forBob] = await Promise.all([
      ada.fetch('/sign-in/ada', { method: 'POST' }),
      bob.fetch('/sign-in/bob', { method: 'POST' }),
    ])
    expect([setCookies(forAda).length, ada.cookie() === bob.cookie()]).toEqual([1, false])
    // A body can be sent once; what is left then is a used one, which can carry no cookie.
    if (setCookies(forBob).length > 0) expect(await (await bob.fetch('/who')).text()).toBe('bob')
    expect(await (await ada.fetch('/who')).text()).toBe('ada')
    for (const path of ['/untouched', '/outside']) expect(setCookies(await eve.fetch(path))).toEqual([])
  })
})

describe('the same manager outside and inside', () => {
  const stores: [string, () => SessionOptions<Data>['store']][] = [
    ['a MemoryStore', () => new MemoryStore()],
    ['a CookieStore', () => new CookieStore()],
  ]
  const nestings: [string, (outer: Hono, inner: Hono) => void][] = [
    ['app.mount', (outer, inner) => void outer.mount('/', inner.fetch)],
    ['app.route', (outer, inner) => void outer.route('/', inner)],
    ['app.fetch with a new Request', (outer, inner) => void outer.all('*', (c) => inner.fetch(new Request(c.req.raw)))],
    [
      'a request that was replaced by hand',
      (outer, inner) => {
        outer.use(async (c, next) => {
          c.req.raw = new Request(c.req.raw, { headers: c.req.raw.headers })
          await next()
        })
        outer.route('/', inner)
      },
    ],
    [
      'method override',
      (outer, inner) => {
        outer.use('*', methodOverride({ app: inner, header: 'x-method' }))
        outer.route('/', inner)
      },
    ],
  ]
  const outsides = ['unused', 'read', 'changed'] as const
  const cases = stores.flatMap(([store, make]) =>
    nestings.flatMap(([nesting, nest]) => outsides.map((outside) => ({ store, make, nesting, nest, outside }))),
  )
  it.each(cases)(
    '$nesting, $outside outside, with $store: what is done inside reaches the browser',
    async (setting) => {
      const sessions = manager({ store: setting.make() })
      const inner = new Hono()
      inner.use(session(sessions))
      inner.on(['POST', 'PUT'], '/start', async (c) => {
        ;(await sessions.write(c.req.raw)).set('count', 1)
        return c.text('ok')
      })
      inner.on(['POST', 'PUT'], '/sign-in', async (c) => {
        ;(await sessions.write(c.req.raw)).set('user', 'ada').regenerate()
        return c.text('ok')
      })
      inner.on(['POST', 'PUT'], '/sign-out', async (c) => {
        ;(await sessions.write(c.req.raw)).destroy()
        return c.text('ok')
      })
      inner.get('/who', async (c) => c.json((await sessions.read(c.req.raw)).toJSON()))
      const outer = new Hono()
      outer.use(session(sessions, { as: 'outer' }))
      outer.use(async (c, next) => {
        const handle = c.get('outer' as never) as ReturnType<typeof sessions.open>
        if (setting.outside === 'read') await handle.read()
        if (setting.outside === 'changed' && c.req.path !== '/who') {
          ;(await handle.write()).update('outside' as never, ((n = 0) => n + 1) as never)
        }
        await next()
      })
      setting.nest(outer, inner)
      const visitor = new Visitor(outer)
      const post = (path: string): Promise<Response> =>
        visitor.fetch(path, { method: 'POST', headers: { 'x-method': 'PUT' } })
      const see = async (): Promise<Partial<Data>> => (await visitor.fetch('/who')).json() as Promise<Partial<Data>>

      for (const path of ['/start', '/sign-in', '/sign-out']) {
        const before = visitor.cookie()
        const response = await post(path)
        expect([path, response.status, setCookies(response).length <= 1]).toEqual([path, 200, true])
        if (path === '/start') expect(await see()).toMatchObject({ count: 1 })
        if (path === '/sign-in') {
          expect(await see()).toMatchObject({ count: 1, user: 'ada' })
          expect(visitor.cookie()).not.toBe(before)
        }
        if (path === '/sign-out') {
          expect(visitor.cookie()).toBe('')
          expect(await see()).toEqual({})
        }
      }
    },
  )
})

describe('a request that a middleware replaced', () => {
  const app = (sessions: SessionManager<Data>, replacements = 1): Hono => {
    const app = new Hono()
    app.use(session(sessions))
    for (let i = 0; i < replacements; i++) app.use(bodyLimit({ maxSize: 1000 }))
    app.post('/sign-in', async (c) => {
      ;(await sessions.write(c.req.raw)).set('user', await c.req.text()).regenerate()
      return c.text('in')
    })
    app.post('/sign-out', async (c) => {
      ;(await sessions.write(c.req.raw)).destroy()
      return c.text('out')
    })
    app.post('/both', async (c) => {
      ;(await (c.get('session' as never) as ReturnType<typeof sessions.open>).write()).set('count', 1)
      ;(await sessions.write(c.req.raw)).set('user', 'ada')
      return c.text('both')
    })
    app.post('/fail', async (c) => {
      ;(await sessions.write(c.req.raw)).destroy()
      throw new Error('after the sign-out')
    })
    app.post('/throw-text', async (c) => {
      ;(await sessions.write(c.req.raw)).destroy()
      throw 'text'
    })
    app.get('/who', async (c) => c.json((await sessions.read(c.req.raw)).toJSON()))
    app.onError((_error, c) => c.text('sorry', 500))
    return app
  }
  /** A stream, for which bodyLimit replaces the request. */
  const body = (text: string): RequestInit =>
    ({ method: 'POST', body: new Blob([text]).stream(), duplex: 'half' }) as RequestInit

  it.each([1, 2])('%i times: a sign-in and a sign-out through the manager are not lost', async (replacements) => {
    const store = new MemoryStore()
    const sessions = manager({ store })
    const visitor = new Visitor(app(sessions, replacements))
    const response = await visitor.fetch('/sign-in', body('ada'))
    expect([await response.text(), setCookies(response).length]).toEqual(['in', 1])
    const cookie = visitor.cookie()
    expect(await (await visitor.fetch('/who')).json()).toEqual({ user: 'ada' })
    await visitor.fetch('/sign-out', body(''))
    expect(visitor.cookie()).toBe('')
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  describe('again, after what a handler did through the manager,', () => {
    const replacing: [string, ...((request: Request) => Request)[]][] = [
      ['by a Request of its own', (request) => new Request(request)],
      ['by a clone', (request) => request.clone()],
      ['by one clone after the other', (request) => request.clone(), (request) => request.clone()],
      ['by one without its cookies', (request) => new Request(request, { headers: {} })],
    ]
    /** A middleware that replaces the request, one that signs in or out, one that replaces it again, and the handler. */
    const between = (sessions: SessionManager<Data>, replacements: ((request: Request) => Request)[]): Hono => {
      const app = new Hono()
      app.use(session(sessions))
      app.use(async (c, next) => {
        c.req.raw = new Request(c.req.raw)
        const writable = await sessions.write(c.req.raw)
        if (c.req.path.includes('sign-in')) writable.set('user', 'ada').regenerate()
        if (c.req.path.includes('sign-out')) writable.destroy()
        for (const replace of replacements) c.req.raw = replace(c.req.raw)
        await next()
      })
      app.post('/sign-in', (c) => c.text('in'))
      app.post('/sign-in/and-count', async (c) => {
        ;(await sessions.write(c.req.raw)).set('count', 1)
        return c.text('in')
      })
      app.post('/sign-out', (c) => c.text('out'))
      app.post('/sign-out/and-throw', () => {
        throw new Error('after the sign-out')
      })
      app.onError((_error, c) => c.text('sorry', 500))
      return app
    }

    it.each(replacing)('loses no sign-in and no sign-out: %s', async (_name, ...replacements) => {
      const store = new MemoryStore()
      const sessions = manager({ store })
      for (const path of ['/sign-out', '/sign-out/and-throw']) {
        const visitor = new Visitor(between(sessions, replacements))
        await visitor.fetch('/sign-in', body(''))
        const cookie = visitor.cookie()
        expect((await sessions.read(cookie)).toJSON()).toEqual({ user: 'ada' })
        await visitor.fetch(path, body(''))
        expect([visitor.cookie(), (await sessions.read(cookie)).isNew]).toEqual(['', true])
      }
      expect(store.size).toBe(0)
    })

    it('keeps what is done with each of them, in one session', async () => {
      const store = new MemoryStore()
      const sessions = manager({ store })
      const visitor = new Visitor(between(sessions, [(request) => request.clone()]))
      const response = await visitor.fetch('/sign-in/and-count', body(''))
      expect([setCookies(response).length, store.size]).toEqual([1, 1])
      expect((await sessions.read(visitor.cookie())).toJSON()).toEqual({ user: 'ada', count: 1 })
    })

    it('mixes no visitors up, however many there are at once', async () => {
      const sessions = manager()
      const users = Array.from({ length: 30 }, (_, i) => `user ${i}`)
      /** Lets nobody through before all are there, and then the last one first. */
      const gate = (): (() => Promise<void>) => {
        const waiting: (() => void)[] = []
        return () =>
          new Promise((resolve) => {
            waiting.push(resolve)
            if (waiting.length === users.length) for (const pass of waiting.reverse()) pass()
          })
      }
      const [first, second] = [gate(), gate()]
      const app = new Hono()
      app.use(session(sessions))
      app.post('/sign-in/:user', async (c) => {
        c.req.raw = new Request(c.req.raw)
        const writable = await sessions.write(c.req.raw)
        await first()
        writable.set('user', c.req.param('user')).regenerate()
        c.req.raw = new Request(c.req.raw)
        await second()
        return c.text('in')
      })
      const seen = await Promise.all(
        users.map(async (user) => {
          const visitor = new Visitor(app)
          await visitor.fetch(`/sign-in/${encodeURIComponent(user)}`, body(''))
          return (await sessions.read(visitor.cookie())).get('user')
        }),
      )
      expect(seen).toEqual(users)
    })
  })

  it('and the handle of the first one are one session, with one cookie', async () => {
    const store = new MemoryStore()
    const visitor = new Visitor(app(manager({ store })))
    const response = await visitor.fetch('/both', body(''))
    expect([setCookies(response).length, store.size]).toEqual([1, 1])
    expect(await (await visitor.fetch('/who')).json()).toEqual({ user: 'ada', count: 1 })
    await visitor.fetch('/both', body(''))
    expect(store.size).toBe(1)
  })

  it.each(['/fail', '/throw-text'])(
    'does not keep a sign-out from being carried out when the handler throws: %s',
    async (path) => {
      const sessions = manager()
      const visitor = await new Visitor(app(sessions)).signIn(sessions, { user: 'ada' })
      const cookie = visitor.cookie()
      await visitor.fetch(path, body('')).catch(() => {})
      expect((await sessions.read(cookie)).isNew).toBe(true)
    },
  )
})

describe('two managers', () => {
  it('with one cookie name on one request are a TypeError that says what to do', async () => {
    const app = new Hono()
    app.use(session(manager())).use(session(manager(), { as: 'other' }))
    app.get('/', (c) => c.text('ok'))
    app.onError((error, c) => c.text(`${error.name}: ${error.message}`, 500))
    expect(await (await app.request('/')).text()).toMatch(/^TypeError: .*two managers use the cookie "__Host-sid"/)
  })
})
