import './testing/async-local-storage.js'

import { CookieStore, MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { notFound, permanentRedirect, redirect } from 'next/navigation.js'
import { type NextFetchEvent, NextRequest, NextResponse } from 'next/server.js'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { type NextSessions, nextSessions } from './index.js'
import { Phases } from './testing/next-phases.js'

interface Data {
  count: number
  user: string
}

const event = {} as NextFetchEvent

function setUp(store: MemoryStore | CookieStore = new MemoryStore()): {
  sessions: NextSessions<Data>
  manager: SessionManager<Data>
  clock: { now: number }
} {
  const clock = { now: Date.now() }
  const manager = new SessionManager<Data>({ store, secret, now: () => clock.now })
  return { sessions: nextSessions(manager), manager, clock }
}

const increment = async (session: SessionHandle<Data>): Promise<number> =>
  (await session.write()).update('count', (n = 0) => n + 1)

/** What a browser sends from now on. */
const cookieOf = (lines: readonly string[]): string => lines.at(-1)?.split(';')[0] ?? ''

describe('nextSessions', () => {
  it('calls its function with the first request, and once: a build has no secret', async () => {
    let calls = 0
    const sessions = nextSessions<Data>(() => {
      calls++
      return { store: new MemoryStore(), secret }
    })
    const action = sessions.action(increment)
    expect(calls).toBe(0)
    await new Phases().act(() => action())
    await new Phases().render(() => sessions.read())
    expect([calls, sessions.manager instanceof SessionManager]).toEqual([1, true])
  })

  it('says in words what is no function', () => {
    const { sessions } = setUp()
    const given = undefined as never
    expect(() => sessions.action(given)).toThrow('fetch-sessions: sessions.action takes a function')
    expect(() => sessions.route(given)).toThrow('sessions.route takes a function')
    expect(() => sessions.proxy(null as never)).toThrow('sessions.proxy takes a function')
  })
})

describe.each([
  ['a MemoryStore', () => new MemoryStore()],
  ['a CookieStore', () => new CookieStore()],
])('an action, with %s,', (_store, store) => {
  it('returns what it returns, and sets the cookie', async () => {
    const { sessions, manager } = setUp(store())
    const phases = new Phases()
    const action = sessions.action(async (session, by: number) => (await increment(session)) * by)
    expect(await phases.act(() => action(10))).toBe(10)
    expect(phases.setCookies).toEqual([
      expect.stringMatching(/^__Host-sid=.+Max-Age=86400; Secure; HttpOnly; SameSite=lax/),
    ])
    expect((await manager.read(cookieOf(phases.setCookies))).get('count')).toBe(1)
  })

  it('is seen by the page that is rendered after it', async () => {
    const { sessions } = setUp(store())
    const phases = new Phases()
    await phases.act(() => sessions.action(increment)())
    const session = await phases.render(() => sessions.read())
    expect([session.get('count'), session.isNew]).toEqual([1, false])
  })

  it('that signs out leaves the page behind it with nobody', async () => {
    const { sessions, manager } = setUp(store())
    const { cookie } = await manager.issue({ user: 'ada' })
    const phases = new Phases(cookie)
    await phases.act(() => sessions.action(async (session) => (await session.write()).destroy())())
    expect((await phases.render(() => sessions.read())).get('user')).toBeUndefined()
    expect(phases.setCookies).toEqual([expect.stringMatching(/^__Host-sid=;.*Max-Age=0/)])
  })

  it('goes on where another one of the same request has ended', async () => {
    const { sessions } = setUp(store())
    const phases = new Phases()
    const action = sessions.action(increment)
    expect([await phases.act(() => action()), await phases.act(() => action())]).toEqual([1, 2])
    expect(phases.setCookies).toHaveLength(1)
  })
})

describe('an action', () => {
  it.each([
    ['redirect()', () => redirect('/')],
    ['notFound()', () => notFound()],
  ])('that ends in %s is saved, and what was thrown is thrown on', async (_name, end) => {
    const { sessions, manager } = setUp()
    const phases = new Phases()
    const ends: unknown[] = []
    const action = sessions.action(async (session) => {
      await increment(session)
      try {
        end()
      } catch (thrown) {
        ends.push(thrown)
        throw thrown
      }
    })
    const thrown = await phases.act(action).catch((thrown: unknown) => thrown)
    expect([thrown]).toEqual(ends)
    expect((await manager.read(cookieOf(phases.setCookies))).get('count')).toBe(1)
  })

  it('that throws saves nothing, but a sign-out', async () => {
    const { sessions, manager } = setUp()
    const { cookie, id } = await manager.issue({ count: 1 })
    const error = new Error('on purpose')
    const failing = (change: (session: SessionHandle<Data>) => Promise<unknown>): (() => Promise<never>) =>
      sessions.action(async (session) => {
        await change(session)
        throw error
      })
    const phases = new Phases(cookie)
    await expect(phases.act(failing(increment))).rejects.toBe(error)
    expect([phases.setCookies, (await manager.peek(id))?.get('count')]).toEqual([[], 1])
    const signOut = failing(async (session) => (await session.write()).destroy())
    await expect(phases.act(signOut)).rejects.toBe(error)
    expect([phases.setCookies.length, await manager.peek(id)]).toEqual([1, undefined])
  })

  it('that saved before it threw has the cookie of that sent', async () => {
    const { sessions, manager } = setUp()
    const phases = new Phases()
    const action = sessions.action(async (session) => {
      await increment(session)
      await session.save()
      await increment(session)
      throw new Error('on purpose')
    })
    await expect(phases.act(action)).rejects.toThrow('on purpose')
    expect((await manager.read(cookieOf(phases.setCookies))).get('count')).toBe(1)
  })

  it('shares its session with what it calls, and with another one inside of it', async () => {
    const { sessions, manager } = setUp()
    const phases = new Phases()
    const inner = sessions.action(increment)
    const seen = await phases.act(() =>
      sessions.action(async (session) => {
        await increment(session)
        await inner()
        ;(await sessions.write()).set('user', 'ada')
        return (await sessions.read()).toJSON()
      })(),
    )
    expect(seen).toEqual({ count: 2, user: 'ada' })
    expect((await manager.read(cookieOf(phases.setCookies))).toJSON()).toEqual(seen)
  })

  it('whose store is down fails, and sends no cookie', async () => {
    const store = new MemoryStore()
    const { sessions } = setUp(store)
    store.create = () => {
      throw new Error('connection refused')
    }
    const phases = new Phases()
    await expect(phases.act(() => sessions.action(increment)())).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(phases.setCookies).toEqual([])
  })
})

describe('a server component', () => {
  it('shares one load with the others of its page', async () => {
    const store = new MemoryStore()
    const { sessions, manager } = setUp(store)
    const { cookie } = await manager.issue({ count: 1 })
    let loads = 0
    const { load } = store
    store.load = (id) => {
      loads++
      return load.call(store, id)
    }
    const phases = new Phases(cookie)
    const counts = await phases.render(() => Promise.all([sessions.read(), sessions.read()]))
    expect([counts.map((session) => session.get('count')), loads]).toEqual([[1, 1], 1])
  })

  it('can’t change it: that says so, and what to do', async () => {
    const { sessions } = setUp()
    await expect(new Phases().render(() => sessions.write())).rejects.toThrow(
      /wrap the function .* or use sessions.read/,
    )
    await expect(new Phases().render(() => sessions.open())).rejects.toThrow(TypeError)
  })
})

describe('a route handler', () => {
  const call = (
    sessions: NextSessions<Data>,
    end: () => Response | Promise<Response>,
    cookie = '',
  ): Promise<Response> => {
    const phases = new Phases(cookie)
    const handler = sessions.route(async (_request, session) => {
      await increment(session)
      return end()
    })
    return phases.act(() => handler(phases.request))
  }

  it('sends the cookie with its response, and tells caches', async () => {
    const { sessions, manager } = setUp()
    const response = await call(sessions, () => new Response('ok', { headers: { 'cache-control': 'public' } }))
    expect([await response.text(), response.headers.get('vary'), response.headers.get('cache-control')]).toEqual([
      'ok',
      'Cookie',
      'private',
    ])
    expect((await manager.read(cookieOf(response.headers.getSetCookie()))).get('count')).toBe(1)
  })

  it('that ends in notFound() sends the cookie with the 404, which Next would not', async () => {
    const { sessions, manager } = setUp()
    const response = await call(sessions, () => notFound())
    expect(response.status).toBe(404)
    expect((await manager.read(cookieOf(response.headers.getSetCookie()))).get('count')).toBe(1)
  })

  it.each([
    ['redirect()', () => redirect('/next'), 307],
    ['permanentRedirect()', () => permanentRedirect('/next'), 308],
  ])('that ends in %s sends the cookie with it, and tells caches, which Next would not', async (_name, end, status) => {
    const { sessions, manager } = setUp()
    const response = await call(sessions, end)
    const { headers } = response
    expect([response.status, headers.get('location'), headers.get('vary'), headers.get('cache-control')]).toEqual([
      status,
      '/next',
      'Cookie',
      'no-store',
    ])
    expect((await manager.read(cookieOf(headers.getSetCookie()))).get('count')).toBe(1)
  })

  it('that redirects a form leads to a GET', async () => {
    const { sessions } = setUp()
    const phases = new Phases()
    const handler = sessions.route(() => redirect('/next'))
    const form = new NextRequest(phases.request.url, { method: 'POST', body: new URLSearchParams({ a: 'b' }) })
    form.headers.set('content-type', 'application/x-www-form-urlencoded')
    expect((await phases.act(() => handler(form))).status).toBe(303)
  })

  it('that redirects sends Vary alone where it only reads, and nothing where it does not look at its session', async () => {
    const { sessions } = setUp()
    const phases = new Phases()
    const reading = sessions.route(async (_request, session) => {
      await session.read()
      redirect('/')
    })
    const blind = sessions.route(() => redirect('/'))
    const [one, other] = [
      await phases.act(() => reading(phases.request)),
      await phases.act(() => blind(phases.request)),
    ]
    expect([...one.headers]).toEqual([
      ['location', '/'],
      ['vary', 'Cookie'],
    ])
    expect([...other.headers]).toEqual([['location', '/']])
  })

  it('that calls an action which redirects sends the cookie of both, and tells caches', async () => {
    const { sessions, manager } = setUp()
    const action = sessions.action(async (session) => {
      await increment(session)
      redirect('/')
    })
    const response = await call(sessions, action)
    expect([response.status, response.headers.get('cache-control')]).toEqual([307, 'no-store'])
    expect((await manager.read(cookieOf(response.headers.getSetCookie()))).get('count')).toBe(2)
  })

  it('gets what Next passes: the request and the context', async () => {
    const { sessions } = setUp()
    const phases = new Phases()
    const handler = sessions.route(async (request, _session, context: { params: Promise<{ id: string }> }) =>
      Response.json([request === phases.request, (await context.params).id]),
    )
    const response = await phases.act(() => handler(phases.request, { params: Promise.resolve({ id: 'a' }) }))
    expect([await response.json(), response.headers.has('vary')]).toEqual([[true, 'a'], false])
  })
})

describe('a route handler that makes a response of each error by itself', () => {
  /** As tRPC and GraphQL do. */
  const call = async (
    { sessions, manager }: ReturnType<typeof setUp>,
    answer: (session: SessionHandle<Data>) => Response,
  ): Promise<[status: number, saved: number | undefined]> => {
    const handler = sessions.route(
      async (_request, session) => {
        await increment(session)
        return answer(session)
      },
      { failed: ({ status }) => status >= 400 },
    )
    const { cookie } = await manager.issue({ count: 0 })
    const phases = new Phases(cookie)
    const response = await phases.act(() => handler(phases.request))
    return [response.status, (await manager.read(cookie)).get('count')]
  }

  it('saves what it did, unless `failed` says that the response stands for an error', async () => {
    const app = setUp()
    expect(await call(app, () => new Response('ok'))).toEqual([200, 1])
    expect(await call(app, () => new Response('wrong', { status: 400 }))).toEqual([400, 0])
  })

  it('saves nothing if it is said by `fail`, where the response does not tell', async () => {
    const app = setUp()
    const answer = (session: SessionHandle<Data>): Response => {
      app.sessions.manager.fail(session)
      return Response.json({ errors: [] })
    }
    expect(await call(app, answer)).toEqual([200, 0])
  })

  it('is asked about what redirect() and notFound() make, too', async () => {
    const app = setUp()
    expect(await call(app, () => redirect('/next'))).toEqual([307, 1])
    expect(await call(app, () => notFound())).toEqual([404, 0])
  })

  it('carries a sign-out out all the same', async () => {
    const { sessions, manager } = setUp()
    const handler = sessions.route(
      async (_request, session) => {
        ;(await session.write()).destroy()
        return new Response('wrong', { status: 500 })
      },
      { failed: ({ status }) => status >= 500 },
    )
    const { cookie } = await manager.issue({ count: 0 })
    const phases = new Phases(cookie)
    const response = await phases.act(() => handler(phases.request))
    expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')])
    expect((await manager.read(cookie)).isNew).toBe(true)
  })

  it.each([
    [{ fail: () => true }, 'sessions.route: fail is no option: there are failed'],
    [{ failed: true }, 'sessions.route: failed takes a function'],
  ])('refuses %o', (options, message) => {
    expect(() => setUp().sessions.route(() => new Response(), options as never)).toThrow(`fetch-sessions: ${message}`)
  })
})

describe('a route handler under force-static', () => {
  it('is refused, since its response, with the cookie, would be that of everybody', async () => {
    const store = new MemoryStore()
    const { sessions } = setUp(store)
    const phases = new Phases('a=1')
    const handler = sessions.route(async (_request, session) => Response.json(await increment(session)))
    const refused = expect(phases.actForAll(() => handler(phases.request))).rejects
    await refused.toThrow(TypeError)
    await refused.toThrow("with dynamic = 'force-static', Next keeps one response for everybody")
    expect(store.size).toBe(0)
  })
})

describe('a proxy', () => {
  it.each([
    ['redirect()', () => redirect('/')],
    ['notFound()', () => notFound()],
  ])('that calls %s, of which Next makes no answer there, saves nothing', async (_, throwing) => {
    const { sessions, manager } = setUp()
    const { cookie, id } = await manager.issue({ count: 1 })
    const phases = new Phases(cookie)
    const proxy = sessions.proxy(async (_request, session) => {
      await increment(session)
      return throwing()
    })
    await expect(phases.act(() => proxy(phases.request, event))).rejects.toHaveProperty('digest')
    expect([phases.setCookies, (await manager.peek(id))?.get('count')]).toEqual([[], 1])
  })

  it('without a function extends a session that is used, in the store and in the browser', async () => {
    const { sessions, manager, clock } = setUp()
    const { cookie, id } = await manager.issue({ count: 1 })
    const before = (await manager.peek(id))?.expiresAt.getTime() ?? 0
    clock.now += 12 * 3600 * 1000
    const phases = new Phases(cookie)
    const response = await phases.act(() => sessions.proxy()(phases.request, event))
    expect(cookieOf(response.headers.getSetCookie())).toBe(cookie)
    expect((await manager.peek(id))?.expiresAt.getTime()).toBe(before + 12 * 3600 * 1000)
    expect(response.headers.get('x-middleware-next')).toBe('1')
  })

  it('that begins a session tells the page behind it, by the header that Next has for it', async () => {
    const { sessions } = setUp()
    const phases = new Phases()
    const proxy = sessions.proxy(async (_request, session) => {
      await increment(session)
      const response = NextResponse.next()
      response.cookies.set('theme', 'dark')
      return response
    })
    const response = await phases.act(() => proxy(phases.request, event))
    const names = response.headers.getSetCookie().map((line) => line.split('=')[0])
    expect(names).toEqual(['theme', '__Host-sid'])
    expect(response.headers.get('x-middleware-set-cookie')).toMatch(/theme=dark.*__Host-sid=/)
  })

  it('may answer itself', async () => {
    const { sessions } = setUp()
    const phases = new Phases()
    const proxy = sessions.proxy(async (request, session) => {
      await increment(session)
      return NextResponse.redirect(new URL('/sign-in', request.url))
    })
    const response = await phases.act(() => proxy(phases.request, event))
    expect([response.status, response.headers.getSetCookie().length]).toEqual([307, 1])
    expect(response.headers.has('x-middleware-set-cookie')).toBe(false)
  })
})

describe('a Response that is thrown', () => {
  const throwing = (status: number) => async (session: SessionHandle<Data>) => {
    await increment(session)
    throw new Response('no', { status })
  }

  it('below 500 is the answer of a route handler and of a proxy, and what they did is saved', async () => {
    const { sessions, manager } = setUp()
    const phases = new Phases()
    const route = sessions.route(async (_request, session) => throwing(401)(session))
    const proxy = sessions.proxy(async (_request, session) => throwing(401)(session))
    for (const answer of [() => route(phases.request), () => proxy(phases.request, event)]) {
      const response = await phases.act(answer)
      expect([response.status, await response.text()]).toEqual([401, 'no'])
      expect((await manager.read(cookieOf(response.headers.getSetCookie()))).get('count')).toBe(1)
    }
  })

  it.each([
    ['an action', 401],
    ['a route handler', 500],
    ['a proxy', 503],
  ])('is a failure of %s with %i: nothing is saved, and no cookie is on what Next may log', async (kind, status) => {
    const store = new MemoryStore()
    const { sessions } = setUp(store)
    const phases = new Phases()
    const act: Readonly<Record<string, () => Promise<unknown>>> = {
      'an action': () => sessions.action(throwing(status))(),
      'a route handler': () => sessions.route(async (_request, session) => throwing(status)(session))(phases.request),
      'a proxy': () => sessions.proxy(async (_request, session) => throwing(status)(session))(phases.request, event),
    }
    const thrown = await phases.act(act[kind] as () => Promise<unknown>).catch((thrown: unknown) => thrown)
    expect([(thrown as Response).status, (thrown as Response).headers.getSetCookie()]).toEqual([status, []])
    expect([store.size, phases.setCookies]).toEqual([0, []])
  })
})

describe('a route handler behind a proxy', () => {
  const proxies: Readonly<Record<string, (session: SessionHandle<Data>) => Promise<unknown>>> = {
    'begins a session': increment,
    'gives it another id': async (session) => (await session.write()).regenerate(),
    'signs out': async (session) => (await session.write()).destroy(),
  }

  it.each([
    ['begins a session', undefined, 2],
    ['gives it another id', { count: 1, user: 'ada' }, 2],
    ['signs out', { count: 1, user: 'ada' }, 1],
  ])('sees what that did: it %s', async (name, before, count) => {
    const { sessions, manager } = setUp()
    const cookie = before === undefined ? '' : (await manager.issue(before)).cookie
    const front = new Phases(cookie)
    const proxy = sessions.proxy(async (_request, session) => void (await proxies[name]?.(session)))
    const passed = await front.act(() => proxy(front.request, event))
    const phases = new Phases(cookie, {
      'x-middleware-set-cookie': passed.headers.get('x-middleware-set-cookie') ?? '',
    })
    const handler = sessions.route(async (_request, session) => Response.json(await increment(session)))
    const response = await phases.act(() => handler(phases.request))
    expect(await response.json()).toBe(count)
  })
})
