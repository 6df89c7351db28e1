import { CookieStore, MemoryStore, SessionManager, type SessionOptions } from '@fetch-sessions/core'
import { Visitor } from '@fetch-sessions/core/testing'
import * as version6 from 'itty-router'
import * as version5 from 'itty-router-5'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { type SessionRequest, session, sessionOf } from './index.js'

interface Data {
  user: string
  count: number
}

const manager = (options: Partial<SessionOptions<Data>> = {}): SessionManager<Data> =>
  new SessionManager<Data>({ store: new MemoryStore(), secret, ...options })

const get = (path = '/', cookie = ''): Request => new Request(`https://example.com${path}`, { headers: { cookie } })
const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

it('says in words what is missing', () => {
  expect(() => (session as () => unknown)()).toThrow(/^fetch-sessions: sessions is missing: give a SessionManager/)
})

describe('sessionOf', () => {
  const tell = (error: unknown): Response => new Response(String(error), { status: 500 })
  const who = async (request: version6.IRequest): Promise<Response> =>
    new Response((await sessionOf<Data>(request).read()).get('user') ?? 'nobody')

  it('is the handle that the hook has set, under whichever name', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const router = version6.AutoRouter({ ...session(sessions) }).get('/', who)
    expect(await (await router.fetch(get('/', cookie))).text()).toBe('ada')
    const named = version6.AutoRouter({ ...session(sessions, { as: 'cart' }) })
    named.get('/', async (request: version6.IRequest) => (await sessionOf<Data>(request, 'cart').read()).get('user'))
    expect(await (await named.fetch(get('/', cookie))).json()).toBe('ada')
  })

  it('is a TypeError that says what to do where no hook ran, or something else is there', async () => {
    const without = version6.AutoRouter({ catch: tell }).get('/', who)
    expect(await (await without.fetch(get())).text()).toMatch(
      /^TypeError: .*request\.session is not set.*\{ \.\.\.session\(sessions\) \}/,
    )
    const parameter = version6.AutoRouter({ catch: tell }).get('/:session', who)
    expect(await (await parameter.fetch(get('/5'))).text()).toMatch(/request\.session is no session: something else/)
  })
})

describe.each([
  ['itty-router 6', version6],
  ['itty-router 5', version5 as unknown as typeof version6],
])('in %s', (_name, { AutoRouter, Router, StatusError }) => {
  it('one Response object for everybody carries no visitor’s cookie to another', async () => {
    const sessions = manager()
    const done = new Response(null, { status: 303, headers: { location: '/' } })
    const router = AutoRouter({ ...session(sessions) })
    router
      .get('/sign-in/:user', async (request: SessionRequest<Data>) => {
        ;(await request.session.write()).set('user', String(request.params.user)).regenerate()
        return done
      })
      .get('/untouched', () => done)
      .get('/clone', () => done.clone())
    const [ada, bob] = await Promise.all([router.fetch(get('/sign-in/ada')), router.fetch(get('/sign-in/bob'))])
    expect((await sessions.read(cookieOf(ada))).get('user')).toBe('ada')
    expect((await sessions.read(cookieOf(bob))).get('user')).toBe('bob')
    for (const path of ['/untouched', '/clone']) {
      expect((await router.fetch(get(path))).headers.getSetCookie()).toEqual([])
    }
    expect(done.headers.getSetCookie()).toEqual([])
  })

  it.each([
    ['Router', Router],
    ['AutoRouter', AutoRouter],
  ])(
    'a sign-out is carried out where the cookies of the request are taken away after it, with %s',
    async (_name, make) => {
      const sessions = manager()
      const router = make({ ...session(sessions) })
      router
        .get('/:how/*', async (request: SessionRequest<Data>) => {
          ;(await request.session.write()).destroy()
          // As before a request is sent on to another server.
          ;(request as unknown as Request).headers.delete('cookie')
        })
        .get('/return/out', () => new Response('bye'))
        .get('/throw/out', () => {
          throw new StatusError(400)
        })
      for (const path of ['/return/out', '/throw/out']) {
        const { cookie } = await sessions.issue({ user: 'ada' })
        const response = (await router.fetch(get(path, cookie))) as Response
        expect([path, response.headers.getSetCookie()[0]]).toEqual([path, expect.stringContaining('Max-Age=0')])
        expect((await sessions.read(cookie)).isNew).toBe(true)
      }
    },
  )

  describe.each([
    ['a MemoryStore', () => new MemoryStore()],
    ['a CookieStore', () => new CookieStore()],
  ])('the same manager outside and inside, with %s,', (_store, store) => {
    it.each(['unused', 'read', 'changed'])(
      'lets what is done inside reach the browser: %s outside',
      async (outside) => {
        const sessions = manager({ store: store() })
        const inner = AutoRouter({ ...session(sessions) })
        inner
          .get('/sign-in', async (request: SessionRequest<Data>) => {
            ;(await request.session.write()).set('user', 'ada').regenerate()
            return 'in'
          })
          .get('/sign-out', async (request: SessionRequest<Data>) => {
            ;(await request.session.write()).destroy()
            return 'out'
          })
        const outer = AutoRouter({ ...session(sessions) })
        outer.all('*', async (request: SessionRequest<Data>) => {
          if (outside === 'read') await request.session.read()
          if (outside === 'changed') (await request.session.write()).update('count', (n = 0) => n + 1)
          return inner.fetch(new Request(request.url, { headers: request.headers }))
        })
        const visitor = new Visitor(outer.fetch)
        await visitor.get('/sign-in')
        expect((await visitor.session(sessions)).get('user')).toBe('ada')
        const signedOut = await visitor.get('/sign-out')
        expect(signedOut.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')])
      },
    )
  })

  it('an error page of a handler that used its session says Vary: Cookie, and nothing is saved', async () => {
    const store = new MemoryStore()
    const router = AutoRouter({ ...session(manager({ store })) })
    router
      .get('/used', async (request: SessionRequest<Data>) => {
        ;(await request.session.write()).set('count', 1)
        throw new StatusError(404, 'no such order')
      })
      .get('/untouched', () => {
        throw new StatusError(404)
      })
    const [used, untouched] = [await router.fetch(get('/used')), await router.fetch(get('/untouched'))]
    expect([used.status, used.headers.get('vary'), used.headers.getSetCookie(), store.size]).toEqual([
      404,
      'Cookie',
      [],
      0,
    ])
    expect([untouched.status, untouched.headers.get('vary')]).toEqual([404, null])
  })

  it('what was saved before the throw reaches the browser with the error page', async () => {
    const sessions = manager()
    const router = Router({ ...session(sessions) })
    router.get('/', async (request: SessionRequest<Data>) => {
      ;(await request.session.write()).set('user', 'ada').regenerate()
      await request.session.save()
      throw new StatusError(500)
    })
    const { cookie } = await sessions.issue({ count: 1 })
    const response = await router.fetch(get('/', cookie))
    expect([response.status, (await sessions.read(cookieOf(response))).toJSON()]).toEqual([
      500,
      { user: 'ada', count: 1 },
    ])
  })

  it.each([
    [303, 1],
    [503, 0],
  ])('a Response with status %i that is thrown is answered, and saves what it should', async (status, saved) => {
    const store = new MemoryStore()
    const router = AutoRouter({ ...session(manager({ store })) })
    router.get('/', async (request: SessionRequest<Data>) => {
      ;(await request.session.write()).set('user', 'ada')
      throw new Response(null, { status, headers: { location: '/' } })
    })
    const response = await router.fetch(get())
    expect([response.status, response.headers.getSetCookie().length, store.size]).toEqual([status, saved, saved])
  })

  it('the same Request, handled again after an error, starts anew', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ count: 0 })
    let attempts = 0
    const router = AutoRouter({ ...session(sessions) })
    router.get('/', async (request: SessionRequest<Data>) => {
      ;(await request.session.write()).update('count', (n = 0) => n + 1)
      if (++attempts < 3) throw new StatusError(503)
      return 'ok'
    })
    const request = get('/', cookie)
    const statuses: number[] = []
    for (let i = 0; i < 3; i++) statuses.push((await router.fetch(request)).status)
    expect([statuses, (await sessions.read(cookie)).get('count')]).toEqual([[503, 503, 200], 1])
  })

  it('and so does one whose commit failed', async () => {
    const store = new MemoryStore()
    const sessions = manager({ store })
    const { cookie } = await sessions.issue({ count: 0 })
    const { update } = store
    store.update = () => {
      store.update = update
      throw new Error('disk full')
    }
    const router = AutoRouter({ ...session(sessions) })
    router.get('/', async (request: SessionRequest<Data>) => {
      ;(await request.session.write()).update('count', (n = 0) => n + 1)
      return 'ok'
    })
    const request = get('/', cookie)
    expect([(await router.fetch(request)).status, (await router.fetch(request)).status]).toEqual([500, 200])
    expect((await sessions.read(cookie)).get('count')).toBe(1)
  })

  it('a catch that answers everybody with one Response carries no visitor’s cookie to another', async () => {
    const sessions = manager()
    const sorry = new Response(null, { status: 500 })
    const router = Router({ ...session(sessions, { catch: () => sorry }) })
    router.get('/:user', async (request: SessionRequest<Data>) => {
      ;(await request.session.write()).set('user', String(request.params.user))
      await request.session.save()
      throw new StatusError(500)
    })
    router.get('/un/touched', () => {
      throw new StatusError(500)
    })
    const [ada, bob] = await Promise.all([router.fetch(get('/ada')), router.fetch(get('/bob'))])
    for (const [response, user] of [
      [ada, 'ada'],
      [bob, 'bob'],
    ] as const) {
      expect([response.status, response.headers.getSetCookie().length]).toEqual([500, 1])
      expect((await sessions.read(cookieOf(response))).get('user')).toBe(user)
    }
    expect((await router.fetch(get('/un/touched'))).headers.getSetCookie()).toEqual([])
    expect(sorry.headers.getSetCookie()).toEqual([])
  })

  it('a catch that throws itself lets its error out, saves nothing, signs out all the same, and leaves the rest working', async () => {
    const store = new MemoryStore()
    const sessions = manager({ store })
    const { cookie } = await sessions.issue({ user: 'ada', count: 0 })
    const broken = new Error('of the error page')
    const hooks = session(sessions, {
      catch: () => {
        throw broken
      },
    })
    const router = AutoRouter({ ...hooks })
    let isFailing = true
    router
      .get('/write', async (request: SessionRequest<Data>) => {
        const count = (await request.session.write()).update('count', (n = 0) => n + 1)
        if (isFailing) throw new StatusError(500)
        return count
      })
      .get('/sign-out', async (request: SessionRequest<Data>) => {
        ;(await request.session.write()).destroy()
        throw new StatusError(500)
      })
    const request = get('/write', cookie)
    await expect(router.fetch(request)).rejects.toBe(broken)
    expect((await sessions.read(cookie)).get('count')).toBe(0)
    isFailing = false
    expect(await (await router.fetch(request)).json()).toBe(1)
    expect((await sessions.read(cookie)).get('count')).toBe(1)
    await expect(router.fetch(get('/sign-out', cookie))).rejects.toBe(broken)
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })

  it('two managers with one cookie name on one request are a TypeError', async () => {
    const seen: unknown[] = []
    const hooks = session(manager(), {
      catch: (error) => {
        seen.push(error)
        return new Response(null, { status: 500 })
      },
    })
    const other = session(manager(), { as: 'other' })
    const router = AutoRouter({ ...hooks, before: [...hooks.before, ...other.before] })
    router.get('/', () => 'ok')
    expect((await router.fetch(get())).status).toBe(500)
    expect(seen).toEqual([expect.objectContaining({ name: 'TypeError' })])
  })
})
