import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionDestroyedError, type SessionEvent, SessionManager } from './index.js'
import { secret } from './testing/secret.js'
import { stagedManager } from './testing/staged-manager.js'
import { visit } from './testing/visit.js'

interface Data {
  userId: string
  user: string
  visits: number
}

const setUp = stagedManager<Data>

describe('open', () => {
  it('gives the same handle for the same request, and another for another', () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const request = visit()
    expect(sessions.open(request)).toBe(sessions.open(request))
    expect(sessions.open(request)).not.toBe(sessions.open(visit()))
  })

  it('is the handle that handle() gives to its handler, and that read() and write() use', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const request = visit()
    await sessions.handle(request, async (handle) => {
      expect(sessions.open(request)).toBe(handle)
      ;(await sessions.write(request)).set('visits', 1)
      expect((await sessions.read(request)).get('visits')).toBe(1)
      expect((await handle.read()).get('visits')).toBe(1)
      return new Response()
    })
  })

  it('finds the handle through a proxy of the request as well', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const request = visit()
    const proxy = new Proxy(request, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    expect(sessions.open(proxy)).toBe(sessions.open(request))
    const another = visit()
    const through = new Proxy(another, {})
    expect(sessions.open(through)).toBe(sessions.open(another))
  })
})

describe('open, write and commit by hand', () => {
  it('does what handle does', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const request = visit()
    ;(await sessions.write(request)).set('visits', 1)
    const response = await sessions.commit(request, new Response('hello'))
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })

  it('adds one cookie only when it commits twice', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const request = visit()
    ;(await sessions.write(request)).set('visits', 1)
    const once = await sessions.commit(request, new Response('hello'))
    const twice = await sessions.commit(request, once)
    expect(twice).toBe(once)
    expect(twice.headers.getSetCookie()).toHaveLength(1)
  })
})

describe('the same manager mounted twice', () => {
  it('loads once, commits once, by the outer one, and sends one cookie', async () => {
    const events: SessionEvent[] = []
    const sessions = new SessionManager<Data>({
      store: new MemoryStore(),
      secret,
      onEvent: (event) => events.push(event),
    })
    const { cookie } = await sessions.issue({ visits: 1 })
    events.length = 0
    const request = visit(cookie)
    const response = await sessions.handle(request, async (outer) => {
      const answer = await sessions.handle(request, async (inner) => {
        expect(inner).toBe(outer)
        ;(await inner.write()).update('visits', (n = 0) => n + 1)
        return new Response()
      })
      expect(events.map((event) => event.type)).toEqual(['loaded'])
      ;(await outer.write()).update('visits', (n = 0) => n + 10)
      return answer
    })
    expect(events.map((event) => event.type)).toEqual(['loaded', 'saved'])
    expect(response.headers.getSetCookie().length).toBeLessThanOrEqual(1)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(12)
  })

  it('lets the outer handler catch what the inner one threw, and its changes are the outer one’s', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const request = visit()
    const response = await sessions.handle(request, async (outer) => {
      ;(await outer.write()).set('userId', 'ada')
      await sessions
        .handle(request, () => {
          throw new Error('inner')
        })
        .catch(() => {})
      return new Response('caught')
    })
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    expect((await sessions.read(visit(cookie))).get('userId')).toBe('ada')
  })

  it('gives up all when the error goes through both', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const request = visit()
    const error = new Error('inner')
    const handled = sessions.handle(request, () =>
      sessions.handle(request, async (inner) => {
        ;(await inner.write()).set('visits', 1)
        throw error
      }),
    )
    await expect(handled).rejects.toBe(error)
    expect(store.size).toBe(0)
  })
})

describe('two managers on one request', () => {
  it('with names of their own keep data, cookies and ids apart', async () => {
    const store = new MemoryStore()
    const shop = new SessionManager<Data>({ store, secret, cookie: { name: '__Host-shop' } })
    const admin = new SessionManager<Data>({ store, secret, cookie: { name: '__Host-admin' } })
    const request = visit()
    const response = await shop.handle(request, (one) =>
      admin.handle(request, async (two) => {
        expect(one).not.toBe(two)
        ;(await one.write()).set('userId', 'shopper')
        ;(await two.write()).set('userId', 'root')
        return new Response()
      }),
    )
    const lines = response.headers.getSetCookie()
    expect(lines.map((line) => line.split('=')[0]).sort()).toEqual(['__Host-admin', '__Host-shop'])
    expect(store.size).toBe(2)
    const next = visit(lines.map((line) => line.split(';')[0]).join('; '))
    expect((await shop.read(next)).get('userId')).toBe('shopper')
    expect((await admin.read(next)).get('userId')).toBe('root')
  })

  it('end separately: destroying one leaves the other', async () => {
    const shop = new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: '__Host-shop' } })
    const admin = new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: '__Host-admin' } })
    const shopper = await shop.issue({ visits: 1 })
    const root = await admin.issue({ visits: 2 })
    const cookies = `${shopper.cookie}; ${root.cookie}`
    const request = visit(cookies)
    const response = await shop.handle(request, () =>
      admin.handle(request, async (handle) => {
        ;(await handle.write()).destroy()
        return new Response()
      }),
    )
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-admin=; Max-Age=0/)])
    expect((await shop.read(visit(cookies))).get('visits')).toBe(1)
    expect((await admin.read(visit(cookies))).isNew).toBe(true)
  })

  it('name Cookie in Vary once, and one Set-Cookie each, on an immutable response as well', async () => {
    const shop = new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: '__Host-shop' } })
    const admin = new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: '__Host-admin' } })
    const request = visit()
    const response = await shop.handle(request, (one) =>
      admin.handle(request, async (two) => {
        ;(await one.write()).set('visits', 1)
        ;(await two.write()).set('visits', 2)
        return Response.redirect('https://example.com/next', 303)
      }),
    )
    expect(response.status).toBe(303)
    expect(response.headers.getSetCookie()).toHaveLength(2)
    expect(response.headers.get('vary')).toBe('Cookie')
  })
})

describe('abort', () => {
  it('saves nothing, and a later commit adds nothing', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const request = visit()
    ;(await sessions.write(request)).set('visits', 1)
    await sessions.abort(request)
    const response = new Response('an error page')
    expect(await sessions.commit(request, response)).toBe(response)
    expect(response.headers.has('set-cookie')).toBe(false)
    expect(store.size).toBe(0)
  })

  it('carries a destroy() out in the store', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    ;(await sessions.write(request)).destroy()
    await sessions.abort(request)
    expect(store.size).toBe(0)
  })

  it('is harmless on a request that never asked', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    await sessions.abort(visit())
  })
})

describe('a handler that throws', () => {
  const thrown: [string, unknown][] = [
    ['an Error', new Error('no')],
    ['a string', 'no'],
    ['undefined', undefined],
    ['a Response', new Response('no', { status: 403 })],
    ['a SessionError of its own', new SessionDestroyedError()],
  ]

  it.each(thrown)('%s saves nothing, and it passes through unchanged', async (_, error) => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.memory.load(id)
    store.forget()
    for (const isAsync of [true, false]) {
      const handled = sessions.handle(visit(cookie), (handle) => {
        if (!isAsync) throw error
        return handle.write().then((session) => {
          session.set('visits', 2).regenerate()
          throw error
        })
      })
      const caught: unknown = await handled.then(
        () => 'no error',
        (reason: unknown) => reason,
      )
      expect(caught).toBe(error)
    }
    expect(store.methods).toEqual(['load'])
    expect(store.memory.load(id)).toEqual(before)
  })

  it('keeps what was saved before it threw', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      await handle.save()
      session.set('visits', 3)
      throw new Error('no')
    })
    await expect(handled).rejects.toThrow('no')
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it.each(thrown)('%s after destroy() still signs out', async (_, error) => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      throw error
    })
    await handled.then(
      () => expect.unreachable(),
      (reason: unknown) => expect(reason).toBe(error),
    )
    expect(store.memory.size).toBe(0)
  })
})
