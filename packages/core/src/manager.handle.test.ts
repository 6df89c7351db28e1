import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionEvent, SessionManager } from './index.js'
import { cookieAfter } from './testing/response-cookies.js'
import { secret } from './testing/secret.js'
import { visit } from './testing/visit.js'

interface Data {
  userId: string
  user: string
  visits: number
}

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

describe('commit of a response that stands for a handler that threw', () => {
  it('saves nothing, says Vary, and a later commit adds nothing', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const request = visit()
    ;(await sessions.write(request)).set('visits', 1)
    const response = new Response('an error page', { status: 500 })
    expect(await sessions.commit(request, response, { failed: true })).toBe(response)
    expect(await sessions.commit(request, response)).toBe(response)
    expect([response.headers.get('vary'), response.headers.getSetCookie()]).toEqual(['Cookie', []])
    expect(store.size).toBe(0)
  })

  it('carries a destroy() out in the store, and removes the cookie', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    ;(await sessions.write(request)).destroy()
    const response = await sessions.commit(request, new Response(), { failed: true })
    expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=0')])
    expect(store.size).toBe(0)
  })

  it('carries the cookie of what was saved before', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const session = await sessions.write(request)
    session.set('visits', 2).regenerate()
    await sessions.open(request).save()
    session.set('visits', 3)
    const response = await sessions.commit(request, new Response(), { failed: true })
    const next = await sessions.read(visit(cookieAfter(response)))
    expect(next.id).not.toBe(id)
    expect(next.get('visits')).toBe(2)
  })

  it('is the very response of a request that never asked', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const response = new Response()
    expect(await sessions.commit(visit(), response, { failed: true })).toBe(response)
    expect([...response.headers]).toEqual([])
  })
})

describe('begin', () => {
  it('is open for an adapter that can not wrap its handler: a request that was handled before starts anew', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const request = visit()
    const first = sessions.begin(request)
    expect(sessions.begin(request)).toBe(first)
    expect(sessions.open(request)).toBe(first)
    ;(await first.write()).set('visits', 1)
    await sessions.commit(request, new Response(), { failed: true })
    const second = sessions.begin(request)
    expect(second).not.toBe(first)
    ;(await second.write()).update('visits', (n = 0) => n + 1)
    const response = await sessions.commit(request, new Response())
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })
})
