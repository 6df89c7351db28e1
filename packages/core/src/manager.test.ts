import { describe, expect, it } from 'vitest'
import {
  CookieStore,
  MemoryStore,
  SessionError,
  type SessionEvent,
  SessionManager,
  type SessionStore,
} from './index.js'

const url = 'https://example.com/'
const secret = 'thirty-two bytes of secret, at least'
const minute = 60_000

interface Data {
  userId: string
  visits: number
}

function visit(cookie = ''): Request {
  return new Request(url, { headers: { cookie } })
}

/** A store with the five methods that each has to have, and no capability. */
function bareStore(inner: SessionStore = new MemoryStore()): SessionStore {
  return {
    load: (id) => inner.load(id),
    create: (id, record) => inner.create(id, record),
    update: (id, record) => inner.update(id, record),
    touch: (id, expiresAt) => inner.touch(id, expiresAt),
    delete: (id) => inner.delete(id),
  }
}

describe('issue', () => {
  it('stores a session whose cookie opens it [B41]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id, cookie } = await sessions.issue({ userId: 'ada', visits: 3 })
    const session = await sessions.read(visit(cookie))
    expect(session.id).toBe(id)
    expect(session.isNew).toBe(false)
    expect(session.toJSON()).toEqual({ userId: 'ada', visits: 3 })
  })

  it('returns the cookie as a client sends it, and the line that makes a browser do so [B19, B243]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret, idleTimeout: 3600 })
    const { cookie, setCookie } = await sessions.issue({ visits: 1 })
    expect(cookie).toMatch(/^__Host-sid=[\w-]{43}\.[\w-]{43}$/)
    const [pair, ...attributes] = setCookie.split('; ')
    expect(pair).toBe(cookie)
    expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=3600', 'Path=/', 'SameSite=Lax', 'Secure'])
  })

  it('gives the session its owner, and the record never shows the token [B164]', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { id, cookie } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    expect((await sessions.read(visit(cookie))).owner).toBe('ada')
    const token = (cookie.split('=')[1] as string).split('.')[0] as string
    expect(JSON.stringify(store.load(id))).not.toContain(token)
    expect(id).not.toContain(token)
  })

  it('stores an empty session, too, since it was asked for [B87]', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { id, cookie } = await sessions.issue({})
    expect(store.load(id)).toBeDefined()
    expect((await sessions.read(visit(cookie))).isNew).toBe(false)
  })

  it('refuses data that JSON can not carry, names the key, and stores nothing [B73]', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager({ store, secret })
    await expect(sessions.issue({ fine: 1, broken: () => {} })).rejects.toThrow(/"broken"/)
    await expect(sessions.issue({ broken: Number.NaN })).rejects.toThrow(TypeError)
    expect(store.size).toBe(0)
  })

  it('gives each session another id and another cookie [B236]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const issued = await Promise.all(Array.from({ length: 200 }, () => sessions.issue({ visits: 1 })))
    expect(new Set(issued.map(({ id }) => id)).size).toBe(200)
    expect(new Set(issued.map(({ cookie }) => cookie)).size).toBe(200)
  })

  it('works with the CookieStore, whose cookie is the session [B171]', async () => {
    const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })
    const { cookie } = await sessions.issue({ visits: 7 })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(7)
  })
})

describe('destroy by id', () => {
  it('ends a session, and its cookie opens nothing from then on [B139, B143]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id, cookie } = await sessions.issue({ visits: 1 })
    expect(await sessions.destroy(id)).toBe(true)
    const session = await sessions.read(visit(cookie))
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(id)
    expect(session.size).toBe(0)
  })

  it('says false for a session that is not there, twice or unknown, and throws nothing [B146]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id } = await sessions.issue({ visits: 1 })
    await sessions.destroy(id)
    expect(await sessions.destroy(id)).toBe(false)
    expect(await sessions.destroy('no such session')).toBe(false)
    expect(await sessions.destroy('')).toBe(false)
  })

  it('leaves the others alone [B139]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const one = await sessions.issue({ visits: 1 })
    const other = await sessions.issue({ visits: 2 })
    await sessions.destroy(one.id)
    expect((await sessions.read(visit(other.cookie))).get('visits')).toBe(2)
  })
})

describe('the sessions of an owner', () => {
  it('are listed with id, owner, creation and expiry, and none of their data [B150]', async () => {
    const now = 1_800_000_000_000
    const sessions = new SessionManager<Data>({
      store: new MemoryStore(),
      secret,
      idleTimeout: 60,
      now: () => now,
    })
    const { id } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    await sessions.issue({ visits: 1 }, { owner: 'grace' })
    await sessions.issue({ visits: 1 })
    expect(await sessions.listByOwner('ada')).toEqual([{ id, owner: 'ada', createdAt: now, expiresAt: now + minute }])
    expect(await sessions.listByOwner('nobody')).toEqual([])
  })

  it('all end with destroyByOwner, which says how many they were [B150]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const phone = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    const desk = await sessions.issue({ visits: 2 }, { owner: 'ada' })
    const other = await sessions.issue({ visits: 3 }, { owner: 'grace' })
    expect(await sessions.destroyByOwner('ada')).toBe(2)
    expect((await sessions.read(visit(phone.cookie))).isNew).toBe(true)
    expect((await sessions.read(visit(desk.cookie))).isNew).toBe(true)
    expect((await sessions.read(visit(other.cookie))).get('visits')).toBe(3)
    expect(await sessions.destroyByOwner('ada')).toBe(0)
  })

  it('end but for the one at hand, "sign out everywhere else" [B150]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const here = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    const there = await sessions.issue({ visits: 2 }, { owner: 'ada' })
    expect(await sessions.destroyByOwner('ada', { except: here.id })).toBe(1)
    expect((await sessions.read(visit(here.cookie))).get('visits')).toBe(1)
    expect((await sessions.read(visit(there.cookie))).isNew).toBe(true)
  })

  it('change hands with setOwner, when the session is stored [B150]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id, cookie } = await sessions.issue({ visits: 1 })
    const handOver = (owner: string | undefined): Promise<Response> =>
      sessions.handle(visit(cookie), async (handle) => {
        ;(await handle.write()).setOwner(owner)
        return new Response()
      })
    await handOver('ada')
    expect((await sessions.listByOwner('ada')).map((info) => info.id)).toEqual([id])
    await handOver('grace')
    expect(await sessions.listByOwner('ada')).toEqual([])
    expect((await sessions.listByOwner('grace')).map((info) => info.id)).toEqual([id])
    await handOver(undefined)
    expect(await sessions.listByOwner('grace')).toEqual([])
    expect((await sessions.read(visit(cookie))).owner).toBe(undefined)
  })

  it('follow the session to its new id when it is regenerated [B128, B150]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const { id, cookie } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      return new Response()
    })
    const listed = await sessions.listByOwner('ada')
    expect(listed).toHaveLength(1)
    expect(listed[0]?.id).not.toBe(id)
  })

  it('are no longer listed when they are expired or destroyed [B104, B150]', async () => {
    let now = 1_800_000_000_000
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret, idleTimeout: 60, now: () => now })
    const { id } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    now += minute - 1
    await sessions.issue({ visits: 2 }, { owner: 'ada' })
    expect(await sessions.listByOwner('ada')).toHaveLength(2)
    now += 1
    const listed = await sessions.listByOwner('ada')
    expect(listed.map((info) => info.id)).not.toContain(id)
    await sessions.destroy(listed[0]?.id as string)
    expect(await sessions.listByOwner('ada')).toEqual([])
  })

  it('may be owned by what looks like a part of an object [B239]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    for (const owner of ['__proto__', 'constructor', 'toString']) {
      expect(await sessions.listByOwner(owner)).toEqual([])
      await sessions.issue({ visits: 1 }, { owner })
      expect(await sessions.listByOwner(owner)).toHaveLength(1)
      expect(await sessions.destroyByOwner(owner)).toBe(1)
    }
  })

  it('need an owner that is not empty: that is a TypeError [B186]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const session = await sessions.write(visit())
    expect(() => session.setOwner('')).toThrow(TypeError)
    expect(session.owner).toBe(undefined)
  })
})

describe('deleteExpired', () => {
  it('removes expired records, no others, and says how many [B161]', async () => {
    let now = 1_800_000_000_000
    // The clock of the store stands still, so that it does not drop anything by itself.
    const store = new MemoryStore({ now: () => 0 })
    const sessions = new SessionManager<Data>({ store, secret, idleTimeout: 60, now: () => now })
    await sessions.issue({ visits: 1 })
    await sessions.issue({ visits: 2 })
    now += minute / 2
    const { cookie } = await sessions.issue({ visits: 3 })
    now += minute / 2
    expect(store.size).toBe(3)
    expect(await sessions.deleteExpired()).toBe(2)
    expect(store.size).toBe(1)
    expect(await sessions.deleteExpired()).toBe(0)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(3)
  })

  it('removes at most as many as it is told [B161]', async () => {
    let now = 1_800_000_000_000
    const store = new MemoryStore({ now: () => 0 })
    const sessions = new SessionManager<Data>({ store, secret, idleTimeout: 60, now: () => now })
    for (let visits = 0; visits < 5; visits++) await sessions.issue({ visits })
    now += minute
    expect(await sessions.deleteExpired(2)).toBe(2)
    expect(await sessions.deleteExpired(2)).toBe(2)
    expect(await sessions.deleteExpired(2)).toBe(1)
    expect(store.size).toBe(0)
  })
})

describe('clear', () => {
  it('ends every session, and is no error on an empty store [B158]', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    await sessions.clear()
    const { cookie } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    await sessions.issue({ visits: 2 })
    await sessions.clear()
    expect(store.size).toBe(0)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect(await sessions.listByOwner('ada')).toEqual([])
  })
})

describe('what the store does not support', () => {
  const calls: [string, (sessions: SessionManager<Data>) => Promise<unknown>][] = [
    ['listByOwner', (sessions) => sessions.listByOwner('ada')],
    ['deleteByOwner', (sessions) => sessions.destroyByOwner('ada')],
    ['deleteExpired', (sessions) => sessions.deleteExpired()],
    ['clear', (sessions) => sessions.clear()],
  ]

  it.each(calls)('is a SessionError that names %s, as a rejection [B186]', async (capability, call) => {
    const sessions = new SessionManager<Data>({ store: bareStore(), secret })
    const error: unknown = await call(sessions).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SessionError)
    expect(error).toMatchObject({ code: 'ERR_SESSION_UNSUPPORTED' })
    expect((error as Error).message).toContain(capability)
  })

  it('includes all of them, and destroy by id, with the CookieStore [B171]', async () => {
    const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })
    for (const [, call] of [...calls, ['delete', (s: SessionManager<Data>) => s.destroy('x')] as const]) {
      await expect(call(sessions)).rejects.toMatchObject({ code: 'ERR_SESSION_UNSUPPORTED' })
    }
  })

  it('does not keep sessions from working [B170]', async () => {
    const sessions = new SessionManager<Data>({ store: bareStore(), secret })
    const { cookie, id } = await sessions.issue({ visits: 1 }, { owner: 'ada' })
    expect((await sessions.read(visit(cookie))).owner).toBe('ada')
    expect(await sessions.destroy(id)).toBe(true)
  })
})

describe('open', () => {
  it('gives the same handle for the same request, and another for another [B219]', () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const request = visit()
    expect(sessions.open(request)).toBe(sessions.open(request))
    expect(sessions.open(request)).not.toBe(sessions.open(visit()))
  })

  it('is the handle that handle() gives to its handler, and that read() and write() use [B219]', async () => {
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

  it('finds the handle through a proxy of the request as well [B210]', async () => {
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
  it('does what handle does [B200]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const request = visit()
    ;(await sessions.write(request)).set('visits', 1)
    const response = await sessions.commit(request, new Response('hello'))
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })

  it('adds one cookie only when it commits twice [B201, B184]', async () => {
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
  it('loads once, commits once, by the outer one, and sends one cookie [B184]', async () => {
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

  it('lets the outer handler catch what the inner one threw, and its changes are the outer one’s [B184, B200]', async () => {
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

  it('gives up all when the error goes through both [B184, B200]', async () => {
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
  it('with names of their own keep data, cookies and ids apart [B217]', async () => {
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

  it('end separately: destroying one leaves the other [B217]', async () => {
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

  it('name Cookie in Vary once, and one Set-Cookie each, on an immutable response as well [B217, B190]', async () => {
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
  it('saves nothing, and a later commit adds nothing [B200]', async () => {
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

  it('carries a destroy() out in the store [B200]', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    ;(await sessions.write(request)).destroy()
    await sessions.abort(request)
    expect(store.size).toBe(0)
  })

  it('is harmless on a request that never asked [B200]', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    await sessions.abort(visit())
  })
})
