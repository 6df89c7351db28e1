import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionHandle, SessionManager, SessionStoreError } from './index.js'
import { completeHeaders } from './request/adapter-api.js'
import { cookieAfter, sessionCookies } from './testing/response-cookies.js'
import { secret } from './testing/secret.js'
import { stagedManager } from './testing/staged-manager.js'
import { visit } from './testing/visit.js'

interface Data {
  user: string
  visits: number
}

const manager = (store = new MemoryStore()): SessionManager<Data> => new SessionManager<Data>({ store, secret })

/** The response that has these headers. */
const responseOf = (headers: Headers): Response => new Response(null, { headers })

type Work = (handle: SessionHandle<Data>) => Promise<void>

/** Each way by which what a request did is stored, once `work` is done. */
const ways: [string, (sessions: SessionManager<Data>, request: Request, work: Work) => Promise<Response>][] = [
  [
    'handle',
    (sessions, request, work) =>
      sessions.handle(request, async (handle) => {
        await work(handle)
        return new Response()
      }),
  ],
  [
    'handle, of a Response that is thrown',
    (sessions, request, work) =>
      sessions
        .handle(request, async (handle) => {
          await work(handle)
          throw new Response()
        })
        .catch((thrown: unknown) => thrown as Response),
  ],
  [
    'commit',
    async (sessions, request, work) => {
      await work(sessions.begin(request))
      return sessions.commit(request, new Response())
    },
  ],
  [
    'commit of a handle without a request',
    async (sessions, request, work) => {
      const handle = sessions.open(request.headers)
      await work(handle)
      return sessions.commit(handle, new Response())
    },
  ],
  [
    'commitHeaders',
    async (sessions, request, work) => {
      const headers = new Headers()
      await work(sessions.begin(request))
      await sessions.commitHeaders(request, headers)
      return responseOf(headers)
    },
  ],
  [
    'commitCookies',
    async (sessions, request, work) => {
      const headers = new Headers()
      await work(sessions.begin(request))
      for (const cookie of await sessions.commitCookies(request)) headers.append('Set-Cookie', `${cookie}`)
      return responseOf(headers)
    },
  ],
  [
    'completeHeaders',
    async (sessions, request, work) => {
      const headers = new Headers()
      const handle = sessions.begin(request)
      await work(handle)
      await completeHeaders(handle, headers)
      return responseOf(headers)
    },
  ],
]

describe.each(ways)('after fail, %s', (_name, respond) => {
  it('saves nothing, and sends no cookie', async () => {
    const store = new MemoryStore()
    const sessions = manager(store)
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.load(id)
    for (const sent of [cookie, '']) {
      const response = await respond(sessions, visit(sent), async (handle) => {
        ;(await handle.write()).set('visits', 1000)
        sessions.fail(handle)
      })
      expect(sessionCookies(response)).toEqual([])
    }
    expect([store.size, store.load(id)]).toEqual([1, before])
  })

  it('carries a destroy() out, and removes the cookie', async () => {
    const store = new MemoryStore()
    const sessions = manager(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await respond(sessions, visit(cookie), async (handle) => {
      sessions.fail(handle)
      ;(await handle.write()).destroy()
    })
    expect([cookieAfter(response, cookie), store.size]).toEqual(['', 0])
  })

  it('sends the cookie of what save() has stored', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await respond(sessions, visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2).regenerate()
      await handle.save()
      session.set('visits', 1000)
      sessions.fail(handle)
    })
    expect(cookieAfter(response)).not.toBe(cookie)
    expect((await sessions.read(cookieAfter(response))).get('visits')).toBe(2)
  })

  it('begins no session that nobody has asked for, whatever the policy', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret, persistence: 'always' })
    const response = await respond(sessions, visit(), async (handle) => sessions.fail(handle))
    expect([sessionCookies(response), store.size]).toEqual([[], 0])
  })
})

describe('fail', () => {
  it('takes the request, or a proxy of it, wherever the session is asked for by it', async () => {
    const store = new MemoryStore()
    const sessions = manager(store)
    for (const proxied of [(request: Request) => request, (request: Request) => new Proxy(request, {})]) {
      const request = visit()
      await sessions.handle(request, async () => {
        ;(await sessions.write(request)).set('visits', 1)
        sessions.fail(proxied(request))
        return new Response()
      })
    }
    expect(store.size).toBe(0)
  })

  it('takes a request that nobody has asked for its session yet', async () => {
    const store = new MemoryStore()
    const sessions = manager(store)
    const request = visit()
    sessions.fail(request)
    ;(await sessions.write(request)).set('visits', 1)
    const response = await sessions.commit(request, new Response())
    expect([sessionCookies(response), store.size]).toEqual([[], 0])
  })

  it('touches nothing: a response is the very same one', async () => {
    const sessions = manager()
    const request = visit('__Host-sid=forged')
    const response = new Response()
    expect(
      await sessions.handle(request, () => {
        sessions.fail(request)
        return response
      }),
    ).toBe(response)
    expect([...response.headers]).toEqual([])
  })

  it('within a handler of the same request holds for the one outside, which commits', async () => {
    const store = new MemoryStore()
    const sessions = manager(store)
    const request = visit()
    const respond = (): Promise<Response> =>
      sessions.handle(request, async (inner) => {
        ;(await inner.write()).set('visits', 1)
        return new Response()
      })
    await sessions.handle(request, async () => {
      await respond()
      sessions.fail(request)
      return respond()
    })
    expect(store.size).toBe(0)
  })

  it.each(['as it was', 'as it was in between', 'as it is by now'] as const)(
    'holds for all that was done with a request that was replaced, where it is given the one %s',
    async (which) => {
      const store = new MemoryStore()
      const sessions = manager(store)
      const { cookie, id } = await sessions.issue({ visits: 1 })
      const before = store.load(id)
      const request = visit(cookie)
      let current = request
      const handled = sessions.handle(
        request,
        async (handle) => {
          ;(await handle.write()).set('visits', 1000)
          if (which === 'as it was') sessions.fail(request)
          current = request.clone()
          if (which === 'as it was in between') sessions.fail(current)
          current = request.clone()
          ;(await sessions.write(current)).set('user', 'mallory')
          if (which === 'as it is by now') sessions.fail(current)
          return new Response()
        },
        { current: () => current },
      )
      expect(sessionCookies(await handled)).toEqual([])
      expect(store.load(id)).toEqual(before)
    },
  )

  it('holds where the cookies of the request were changed in place after it', async () => {
    const store = new MemoryStore()
    const sessions = manager(store)
    const request = visit()
    ;(await sessions.write(request)).set('visits', 1)
    sessions.fail(request)
    request.headers.set('cookie', 'theme=dark')
    ;(await sessions.write(request)).set('visits', 2)
    await sessions.commit(request, new Response())
    expect(store.size).toBe(0)
  })

  it('leaves the session of another manager, and of another request, alone', async () => {
    const [shop, admin] = ['shop', 'admin'].map(
      (name) => new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: `__Host-${name}` } }),
    ) as [SessionManager<Data>, SessionManager<Data>]
    const request = visit()
    const response = await shop.handle(request, (outer) =>
      admin.handle(request, async (inner) => {
        ;(await outer.write()).set('visits', 1)
        ;(await inner.write()).set('visits', 2)
        shop.fail(request)
        return new Response()
      }),
    )
    expect(response.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['__Host-admin'])
    const another = visit()
    ;(await shop.write(another)).set('visits', 1)
    expect((await shop.commit(another, new Response())).headers.getSetCookie()).toHaveLength(1)
  })

  it('does nothing after the commit: what was saved stays, and may be changed', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const handle = sessions.begin(request)
    ;(await handle.write()).set('visits', 2)
    await sessions.commit(request, new Response())
    for (const target of [request, handle]) sessions.fail(target)
    await handle.save((session) => session.set('user', 'ada'))
    expect((await sessions.read(cookie)).toJSON()).toEqual({ visits: 2, user: 'ada' })
  })

  it('is for this attempt alone: a request that is handled anew saves again', async () => {
    const store = new MemoryStore()
    const sessions = manager(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const count = async (handle: SessionHandle<Data>): Promise<Response> => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      return new Response()
    }
    const first = sessions.open(request)
    await sessions.handle(request, (handle) => {
      sessions.fail(handle)
      return count(handle)
    })
    await sessions.handle(request, (handle) => {
      // Whoever tells late tells of the attempt before.
      sessions.fail(first)
      return count(handle)
    })
    expect((await sessions.read(cookie)).get('visits')).toBe(2)
  })

  it('that is told where nothing was committed is not for the next attempt either', async () => {
    const { sessions, store } = stagedManager<Data>()
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const count = async (handle: SessionHandle<Data>): Promise<Response> => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      return new Response()
    }
    store.beforeNext('update', () => Promise.reject(new Error('out of reach')))
    await expect(sessions.handle(request, count)).rejects.toThrow(SessionStoreError)
    // As an error handler does that stands outside.
    sessions.fail(request)
    await sessions.handle(request, count)
    await count(sessions.begin(request))
    sessions.fail(request)
    await sessions.commit(request, await count(sessions.begin(request)))
    expect((await sessions.read(cookie)).get('visits')).toBe(3)
  })

  it('takes no handle of another manager, and nothing else', () => {
    const sessions = manager()
    for (const target of [manager().open(''), {}, 'sid=1', undefined]) {
      expect(() => sessions.fail(target as never)).toThrow(/take a Request, or a handle that this manager opened/)
    }
  })
})
