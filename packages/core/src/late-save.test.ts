import { describe, expect, it } from 'vitest'
import {
  MemoryStore,
  SessionCommittedError,
  SessionDestroyedError,
  SessionError,
  type SessionEvent,
  type SessionHandle,
  SessionManager,
  type WritableSession,
} from './index.js'
import { StagedStore } from './testing/staged-store.js'
import { gate } from './testing/visit.js'

const url = 'https://example.com/'
const secret = 'thirty-two bytes of secret, at least'

interface Data {
  visits: number
  cart: { items: string[] }
  note: string
}

function visit(cookie = ''): Request {
  return new Request(url, { headers: { cookie } })
}

interface Setting {
  readonly store: MemoryStore
  readonly sessions: SessionManager<Data>
  readonly events: SessionEvent[]
  readonly clock: { now: number }
}

function setUp(): Setting {
  const events: SessionEvent[] = []
  const clock = { now: 1_800_000_000_000 }
  const store = new MemoryStore()
  const sessions = new SessionManager<Data>({
    store,
    secret,
    idleTimeout: 60,
    now: () => clock.now,
    onEvent: (event) => events.push(event),
  })
  return { store, sessions, events, clock }
}

/** A request whose response is committed, and the handle that its handler had. */
async function committed(
  { sessions }: Setting,
  cookie: string,
  handler: (handle: SessionHandle<Data>) => Promise<void> = async () => {},
): Promise<{ handle: SessionHandle<Data>; response: Response; request: Request }> {
  const request = visit(cookie)
  let handle: SessionHandle<Data> | undefined
  const response = await sessions.handle(request, async (given) => {
    handle = given
    await handler(given)
    return new Response()
  })
  return { handle: handle as SessionHandle<Data>, response, request }
}

const changes: [string, (session: WritableSession<Data>) => unknown][] = [
  ['set', (session) => session.set('visits', 2)],
  ['set to undefined', (session) => session.set('visits', undefined as unknown as number)],
  ['update', (session) => session.update('visits', (n = 0) => n + 1)],
  ['delete', (session) => session.delete('visits')],
  ['take', (session) => session.take('visits')],
  ['clear', (session) => session.clear()],
  ['regenerate', (session) => session.regenerate()],
  ['destroy', (session) => session.destroy()],
  ['setOwner', (session) => session.setOwner('ada')],
  ['setLifetime', (session) => session.setLifetime({ idleTimeout: 5 })],
]

describe('a session whose response was committed', () => {
  it.each(changes)('throws a SessionCommittedError at %s, and nothing of it is stored [B195]', async (_, change) => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    let session: WritableSession<Data> | undefined
    const { handle } = await committed(setting, cookie, async (given) => {
      session = await given.write()
    })
    const before = store.load(id)
    expect(() => change(session as WritableSession<Data>)).toThrow(SessionCommittedError)
    expect(() => change(session as WritableSession<Data>)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_COMMITTED' }),
    )
    await handle.save()
    expect(store.load(id)).toEqual(before)
  })

  it.each(changes)('throws at %s when it was new as well, and no session starts [B195]', async (_, change) => {
    const setting = setUp()
    let session: WritableSession<Data> | undefined
    const { handle, response } = await committed(setting, '', async (given) => {
      session = await given.write()
    })
    expect(() => change(session as WritableSession<Data>)).toThrow(SessionCommittedError)
    await handle.save()
    expect(setting.store.size).toBe(0)
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  it('can still be read [B195]', async () => {
    const setting = setUp()
    const { cookie, id } = await setting.sessions.issue({ visits: 1, cart: { items: ['tea'] } })
    let session: WritableSession<Data> | undefined
    await committed(setting, cookie, async (given) => {
      session = await given.write()
      session.set('visits', 2)
    })
    expect(session?.id).toBe(id)
    expect(session?.get('visits')).toBe(2)
    expect(session?.has('cart')).toBe(true)
    expect(session?.keys()).toEqual(['visits', 'cart'])
    expect(session?.toJSON()).toEqual({ visits: 2, cart: { items: ['tea'] } })
  })

  it('gives frozen values, since a change in place would be lost [B195, B85]', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ cart: { items: ['tea'] } })
    let session: WritableSession<Data> | undefined
    await committed(setting, cookie, async (given) => {
      session = await given.write()
    })
    expect(Object.isFrozen(session?.get('cart'))).toBe(true)
    expect(() => session?.get('cart')?.items.push('milk')).toThrow(TypeError)
  })

  it('never stores half of what is done to an object that was held since before [B195]', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ cart: { items: ['tea'] }, note: 'a' })
    let cart: { items: string[] } | undefined
    const { handle } = await committed(setting, cookie, async (given) => {
      cart = (await given.write()).get('cart')
    })
    try {
      cart?.items.push('milk')
    } catch {
      // Frozen is fine, too.
    }
    ;(await handle.write()).set('note', 'b')
    await handle.save()
    const session = await setting.sessions.read(visit(cookie))
    expect(session.toJSON()).toEqual({ cart: { items: ['tea'] }, note: 'b' })
  })
})

describe('a handle that is acquired anew after the commit', () => {
  it('saves from within a stream, and the next request sees it [B195]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const response = await sessions.handle(request, async (handle) => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      const stream = new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const session = await handle.write()
            session.update('visits', (n = 0) => n + 10)
            await handle.save()
            controller.enqueue(new TextEncoder().encode(`${session.get('visits')}`))
            controller.close()
          },
        },
        { highWaterMark: 0 },
      )
      return new Response(stream)
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
    expect(await response.text()).toBe('12')
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(12)
  })

  it('works through the manager and the request as well [B195]', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { request } = await committed(setting, cookie)
    ;(await sessions.write(request)).set('visits', 5)
    await sessions.open(request).save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(5)
  })

  it('shows what other requests have stored since [B195]', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie, async (given) => {
      await given.read()
    })
    await committed(setting, cookie, async (other) => {
      ;(await other.write()).set('visits', 9)
    })
    expect((await handle.read()).get('visits')).toBe(9)
  })

  it('stores nothing before save() [B195]', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    ;(await handle.write()).set('visits', 2)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
    await handle.save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it('saves many times, as a WebSocket does, and keeps what others store in between [B195]', async () => {
    const setting = setUp()
    const { sessions, clock } = setting
    const { cookie } = await sessions.issue({ visits: 0 })
    const { handle } = await committed(setting, cookie)
    for (let message = 1; message <= 20; message++) {
      clock.now += 10_000
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      await handle.save()
      await committed(setting, cookie, async (other) => {
        ;(await other.write()).set('note', `${message}`)
      })
    }
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 20, note: '20' })
  })

  it('goes on with the session that the request started [B195]', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { handle, response } = await committed(setting, '', async (given) => {
      ;(await given.write()).set('visits', 1)
    })
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    ;(await handle.write()).set('note', 'late')
    await handle.save()
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 1, note: 'late' })
  })

  it('goes on under the new id when the request regenerated [B195, B225]', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie: oldCookie } = await sessions.issue({ visits: 1 })
    const { handle, response } = await committed(setting, oldCookie, async (given) => {
      ;(await given.write()).regenerate()
    })
    ;(await handle.write()).set('note', 'late')
    await handle.save()
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0]
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 1, note: 'late' })
    expect((await sessions.read(visit(oldCookie))).isNew).toBe(true)
    expect(store.size).toBe(1)
  })

  it('reads and writes the session of a visitor whose handler never asked [B195]', async () => {
    const setting = setUp()
    const { sessions } = setting
    const { cookie } = await sessions.issue({ visits: 3 })
    const { handle } = await committed(setting, cookie)
    expect((await handle.read()).get('visits')).toBe(3)
    ;(await handle.write()).set('visits', 4)
    await handle.save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(4)
  })

  it('leaves the response that is on its way alone [B195]', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ visits: 3 })
    const { handle, response } = await committed(setting, cookie)
    const before = [...response.headers]
    ;(await handle.write()).set('visits', 4)
    await handle.save()
    expect([...response.headers]).toEqual(before)
  })

  it('moves the expiry in the store, so that an open stream keeps its session alive [B195, B109]', async () => {
    const setting = setUp()
    const { sessions, clock } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    for (let times = 0; times < 5; times++) {
      clock.now += 40_000
      await handle.read()
      await handle.save()
      const { handle: next } = await committed(setting, cookie)
      expect((await next.read()).isNew).toBe(false)
    }
  })

  it('reports a failing save, and the same save tried again loses nothing [B195]', async () => {
    const memory = new MemoryStore()
    const fault = { fails: false }
    const sessions = new SessionManager<Data>({
      store: {
        load: (id) => memory.load(id),
        create: (id, record) => memory.create(id, record),
        update: (id, record) => {
          if (fault.fails) throw new Error('out of reach')
          return memory.update(id, record)
        },
        touch: (id, expiresAt) => memory.touch(id, expiresAt),
        delete: (id) => memory.delete(id),
      },
      secret,
    })
    const { cookie } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    await sessions.handle(request, () => new Response())
    const handle = sessions.open(request)
    ;(await handle.write()).update('visits', (n = 0) => n + 1)
    fault.fails = true
    await expect(handle.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    fault.fails = false
    await handle.save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })
})

describe('after the commit, a new session can not start', () => {
  const start = async (handle: SessionHandle<Data>): Promise<void> => {
    ;(await handle.write()).set('visits', 1)
    await handle.save()
  }

  it('for a visitor without a cookie: it is a SessionCommittedError, and nothing is stored [B195]', async () => {
    const setting = setUp()
    const { handle } = await committed(setting, '')
    await expect(start(handle)).rejects.toThrow(SessionCommittedError)
    expect(setting.store.size).toBe(0)
  })

  it('for a visitor with a forged cookie either [B195, B232]', async () => {
    const setting = setUp()
    const { handle } = await committed(setting, `__Host-sid=${'A'.repeat(43)}.${'A'.repeat(43)}`)
    await expect(start(handle)).rejects.toThrow(SessionCommittedError)
    expect(setting.store.size).toBe(0)
  })

  it('but an empty one can be read, and saving it stores nothing [B195]', async () => {
    const setting = setUp()
    const { handle } = await committed(setting, '')
    const session = await handle.read()
    expect(session.isNew).toBe(true)
    expect(session.size).toBe(0)
    await handle.save()
    expect(setting.store.size).toBe(0)
  })

  it('when the request had destroyed its own [B195, B147]', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie, async (given) => {
      ;(await given.write()).destroy()
    })
    await expect(start(handle)).rejects.toThrow(SessionError)
    expect(store.size).toBe(0)
  })

  it('when the session was destroyed by another request meanwhile [B195, B223]', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie, async (given) => {
      await given.read()
    })
    await sessions.destroy(id)
    await expect(start(handle)).rejects.toThrow(SessionError)
    expect(store.size).toBe(0)
  })

  it('when the session expired meanwhile [B195, B104]', async () => {
    const setting = setUp()
    const { sessions, store, clock } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie, async (given) => {
      await given.read()
    })
    clock.now += 60_000
    await expect(start(handle)).rejects.toThrow(SessionError)
    expect(store.size).toBe(0)
  })

  it('when the handler threw and its new session was given up [B195, B200]', async () => {
    const { sessions, store } = setUp()
    const request = visit()
    const handled = sessions.handle(request, async (given) => {
      ;(await given.write()).set('visits', 1)
      throw new Error('no')
    })
    await expect(handled).rejects.toThrow('no')
    await expect(start(sessions.open(request))).rejects.toThrow(SessionCommittedError)
    expect(store.size).toBe(0)
  })
})

describe('after the commit, a session that is acquired anew', () => {
  it('can not be regenerated, since the new cookie can not be sent: the old one still works [B195, B225]', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    const session = await handle.write()
    expect(() => session.regenerate()).toThrow(SessionCommittedError)
    await handle.save()
    const next = await sessions.read(visit(cookie))
    expect(next.id).toBe(id)
    expect(next.get('visits')).toBe(1)
    expect(store.size).toBe(1)
  })

  it('can be destroyed: signing out over a WebSocket ends it in the store [B195, B139]', async () => {
    const setting = setUp()
    const { sessions, store } = setting
    const { cookie } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    ;(await handle.write()).destroy()
    await handle.save()
    expect(store.size).toBe(0)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('is not brought back when it is destroyed between write() and save(), and an event tells [B195, B223]', async () => {
    const setting = setUp()
    const { sessions, store, events } = setting
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { handle } = await committed(setting, cookie)
    const session = await handle.write()
    session.set('visits', 2)
    await sessions.destroy(id)
    events.length = 0
    await handle.save()
    expect(store.size).toBe(0)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'gone', id }))
    expect(events.map((event) => event.type)).not.toContain('saved')
    expect(() => session.set('visits', 3)).toThrow(SessionDestroyedError)
  })
})

describe('save() without a session', () => {
  it('does nothing before, during and after a request that never asked [B98]', async () => {
    const { sessions, store, events } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    events.length = 0
    const request = visit(cookie)
    await sessions.open(request).save()
    await sessions.handle(request, async (handle) => {
      await handle.save()
      return new Response()
    })
    await sessions.open(request).save()
    expect(events).toEqual([])
    expect(store.size).toBe(1)
  })
})

describe('a change while the response is being committed', () => {
  it.each(changes)('by %s is refused and not lost without a word [B195]', async (_, change) => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const { opened, open } = gate()
    const updating = gate()
    let session: WritableSession<Data> | undefined
    const visiting = sessions.handle(visit(cookie), async (handle) => {
      session = await handle.write()
      session.set('note', 'saved')
      store.beforeNext('update', () => {
        updating.open()
        return opened
      })
      return new Response()
    })
    await updating.opened
    expect(() => change(session as WritableSession<Data>)).toThrow(SessionCommittedError)
    open()
    await visiting
    expect(store.memory.load(id)).toMatchObject({ data: '{"visits":1,"note":"saved"}', owner: undefined })
  })

  it('is possible again if the commit fails [B176]', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const request = visit(cookie)
    const session = await sessions.write(request)
    session.set('visits', 2)
    store.fail('update')
    await expect(sessions.commit(request, new Response())).rejects.toThrow(SessionError)
    store.heal()
    session.set('note', 'added')
    await sessions.commit(request, new Response())
    expect(store.memory.load(id)?.data).toBe('{"visits":2,"note":"added"}')
  })
})
