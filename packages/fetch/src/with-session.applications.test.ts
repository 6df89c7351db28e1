import { CookieStore, MemoryStore, SessionManager } from '@fetch-sessions/core'
import { Visitor } from '@fetch-sessions/core/testing'
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
})
