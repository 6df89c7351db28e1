import { CookieStore, MemoryStore, SessionConflictError, SessionManager } from '@fetch-sessions/core'
import { failingStore, Visitor } from '@fetch-sessions/core/testing'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { withSession } from './index.js'

interface Data {
  user: string
  count: number
}

const get = (path = '/', cookie = ''): Request => new Request(`https://example.com${path}`, { headers: { cookie } })
const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

describe('an application of fetch handlers', () => {
  it('that returns one Response to everybody carries no visitor’s cookie to another', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const done = new Response(null, { status: 303, headers: { location: '/' } })
    const respond = withSession(async (request, session) => {
      const user = new URL(request.url).searchParams.get('user')
      if (user !== null) (await session.write()).set('user', user).regenerate()
      return done
    }, sessions)
    const [ada, bob] = await Promise.all([respond(get('/?user=ada')), respond(get('/?user=bob'))])
    expect((await sessions.read(cookieOf(ada))).get('user')).toBe('ada')
    expect((await sessions.read(cookieOf(bob))).get('user')).toBe('bob')
    expect((await respond(get())).headers.getSetCookie()).toEqual([])
    expect(done.headers.getSetCookie()).toEqual([])
    const rebuilt = new SessionManager<Data>({ store: new MemoryStore(), secret })
    expect((await withSession(() => done.clone(), rebuilt)(get())).headers.getSetCookie()).toEqual([])
  })

  describe.each([
    ['a MemoryStore', () => new MemoryStore()],
    ['a CookieStore', () => new CookieStore()],
  ])('with the same manager outside and inside, and %s,', (_store, store) => {
    it.each(['unused', 'read', 'changed'])(
      'lets what is done inside reach the browser: %s outside',
      async (outside) => {
        const sessions = new SessionManager<Data>({ store: store(), secret })
        const inner = withSession(async (request, session) => {
          const writable = await session.write()
          if (request.url.endsWith('/sign-out')) writable.destroy()
          else writable.set('user', 'ada').regenerate()
          return new Response('ok')
        }, sessions)
        const outer = withSession(async (request, session) => {
          if (outside === 'read') await session.read()
          if (outside === 'changed') (await session.write()).update('count', (n = 0) => n + 1)
          return inner(new Request(request))
        }, sessions)
        const visitor = new Visitor(outer)
        await visitor.get('/sign-in')
        expect((await visitor.session(sessions)).get('user')).toBe('ada')
        const signedOut = await visitor.get('/sign-out')
        expect(signedOut.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')])
      },
    )
  })

  it('that throws its redirects keeps what it did, with the cookie on what is thrown', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const respond = withSession(async (_request, session) => {
      ;(await session.write()).set('user', 'ada').regenerate()
      throw Response.redirect('https://example.com/', 303)
    }, sessions)
    const thrown = (await respond(get()).catch((thrown: unknown) => thrown)) as Response
    expect([thrown.status, (await sessions.read(cookieOf(thrown))).get('user')]).toEqual([303, 'ada'])
  })

  it('that fails and is asked again with the same Request starts anew', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { cookie } = await sessions.issue({ count: 0 })
    let attempts = 0
    const respond = withSession(async (_request, session) => {
      ;(await session.write()).update('count', (n = 0) => n + 1)
      if (++attempts < 3) throw new Error('busy')
      return new Response('ok')
    }, sessions)
    const request = get('/', cookie)
    for (let i = 0; i < 2; i++) await expect(respond(request)).rejects.toThrow('busy')
    expect([(await respond(request)).status, (await sessions.read(cookie)).get('count')]).toEqual([200, 1])
  })

  it('whose commit fails can be asked again with the same Request', async () => {
    const store = failingStore(new MemoryStore())
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie } = await sessions.issue({ count: 0 })
    const respond = withSession(async (_request, session) => {
      return Response.json((await session.write()).update('count', (n = 0) => n + 1))
    }, sessions)
    const request = get('/', cookie)
    store.fail('update', new Error('disk full'))
    const failed = await respond(request)
    store.heal()
    const response = await respond(request)
    expect([failed.status, response.status, await response.json()]).toEqual([500, 200, 1])
    expect((await sessions.read(cookie)).get('count')).toBe(1)
  })

  it('that has two managers with one cookie name on one request is told by a TypeError', async () => {
    const [outer, inner] = [0, 1].map(() => new SessionManager<Data>({ store: new MemoryStore(), secret }))
    const within = withSession(async () => new Response('ok'), inner as SessionManager<Data>)
    const respond = withSession((request) => within(request), outer as SessionManager<Data>)
    const error = await respond(get()).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toMatch(/__Host-sid/)
  })
})

describe.each([
  ['a MemoryStore', () => new MemoryStore()],
  ['a CookieStore', () => new CookieStore()],
])('with %s, what is thrown', (_store, store) => {
  const manager = (): SessionManager<Data> => new SessionManager<Data>({ store: store(), secret })

  it('as a SessionError becomes a plain 500 that carries the cookie saved before it, and Vary', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ count: 1 })
    const respond = withSession(async (_request, session) => {
      const writable = await session.write()
      writable.set('user', 'ada').regenerate()
      await session.save()
      writable.set('count', 2)
      throw new SessionConflictError(3)
    }, sessions)
    const response = await respond(get('/', cookie))
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
    expect([response.headers.get('vary'), response.headers.get('cache-control')]).toEqual(['Cookie', 'no-store'])
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect((await sessions.read(cookieOf(response))).toJSON()).toEqual({ user: 'ada', count: 1 })
  })

  it('as a SessionError by a handler that only read becomes one that says Vary, without a cookie', async () => {
    const respond = withSession(async (_request, session) => {
      await session.read()
      throw new SessionConflictError(3)
    }, manager())
    const { status, headers } = await respond(get())
    expect([status, headers.get('vary'), headers.getSetCookie()]).toEqual([500, 'Cookie', []])
  })

  it.each([
    [404, 1],
    [503, 0],
  ])('as a Response with status %i is thrown on, and sends %i cookies', async (status, cookies) => {
    const respond = withSession(async (_request, session) => {
      ;(await session.write()).set('user', 'ada')
      throw new Response('sorry', { status })
    }, manager())
    const thrown = (await respond(get()).catch((thrown: unknown) => thrown)) as Response
    expect([thrown.status, await thrown.text()]).toEqual([status, 'sorry'])
    expect([thrown.headers.get('vary'), thrown.headers.getSetCookie().length]).toEqual(['Cookie', cookies])
  })

  it('as a 503 behind a save carries the cookie of what was saved, and nothing later', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ count: 1 })
    const respond = withSession(async (_request, session) => {
      const writable = await session.write()
      writable.set('user', 'ada').regenerate()
      await session.save()
      writable.set('count', 2)
      throw new Response('busy', { status: 503 })
    }, sessions)
    const thrown = (await respond(get('/', cookie)).catch((thrown: unknown) => thrown)) as Response
    expect(thrown.status).toBe(503)
    expect((await sessions.read(cookieOf(thrown))).toJSON()).toEqual({ user: 'ada', count: 1 })
  })
})
