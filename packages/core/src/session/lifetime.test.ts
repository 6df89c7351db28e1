import { describe, expect, it, vi } from 'vitest'
import { MemoryStore, type SessionEvent, SessionManager } from '../index.js'
import { Clock } from '../testing/clock.js'
import { cookieAfter, maxAgeOf, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, writing } from '../testing/serve.js'
import { sessionAtSecondZero } from '../testing/session-at-second-zero.js'
import { visit } from '../testing/visit.js'

interface Data {
  count: number
}

describe('an expired session', () => {
  it('is dead even if the store still holds it and the client ignores Max-Age', async () => {
    const clock = new Clock()
    // A store whose own clock stands still, so that it never drops anything.
    const store = new MemoryStore({ now: () => 0 })
    const sessions = new SessionManager<Data>({ store, secret, now: clock.now, idleTimeout: 1000 })
    const { cookie, id } = await sessions.issue({ count: 1 })
    clock.passes(1000)
    const session = await sessions.read(visit(cookie))
    expect(session.isNew).toBe(true)
    expect(session.size).toBe(0)
    expect(session.id).not.toBe(id)
  })

  it('is deleted from the store when it is loaded, with an event that says why', async () => {
    const clock = new Clock()
    const store = new MemoryStore({ now: () => 0 })
    const events: SessionEvent[] = []
    const sessions = new SessionManager<Data>({
      store,
      secret,
      now: clock.now,
      idleTimeout: 1000,
      onEvent: (event) => events.push(event),
    })
    const { cookie, id } = await sessions.issue({ count: 1 })
    events.length = 0
    clock.passes(1000)
    await reading(sessions, cookie)
    expect(store.size).toBe(0)
    expect(events).toMatchObject([{ type: 'rejected', reason: 'expired', id }])
  })

  it('gives way to a new id when the handler writes, and takes no data along', async () => {
    const clock = new Clock()
    const store = new MemoryStore({ now: () => 0 })
    const sessions = new SessionManager<Data & { other: number }>({ store, secret, now: clock.now, idleTimeout: 1000 })
    const { cookie, id } = await sessions.issue({ other: 1 })
    clock.passes(5000)
    const response = await writing(sessions, cookie, (session) => session.set('count', 2))
    const next = cookieAfter(response, cookie)
    expect(next).not.toBe(cookie)
    const session = await sessions.read(visit(next))
    expect(session.toJSON()).toEqual({ count: 2 })
    expect(session.id).not.toBe(id)
    expect(store.load(id)).toBe(undefined)
  })

  it('leads to no removal cookie: a faster request may have been given another one', async () => {
    const { at, read } = await sessionAtSecondZero()
    at(1000)
    expect(await read()).toEqual([])
  })

  it('is dead from the very millisecond on, and alive one before', async () => {
    const { at, isAlive } = await sessionAtSecondZero()
    at(999.999)
    expect(await isAlive()).toBe(true)
    at(1000)
    expect(await isAlive()).toBe(false)
  })

  it('is dead from the very millisecond on where the store has no clock, too', async () => {
    const clock = new Clock()
    const sessions = new SessionManager<Data>({
      store: new MemoryStore({ now: () => 0 }),
      secret,
      now: clock.now,
      idleTimeout: 1000,
    })
    const { cookie } = await sessions.issue({ count: 1 })
    clock.passes(999.999)
    expect((await sessions.read(visit(cookie))).isNew).toBe(false)
    clock.passes(0.001)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })
})

describe('every session', () => {
  it('has a finite deadline, 24 hours idle and 30 days in all when nothing is said', async () => {
    const clock = new Clock()
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret, now: clock.now })
    const start = clock.time
    const { cookie, id } = await sessions.issue({ count: 1 })
    expect(store.load(id)?.expiresAt).toBe(start + 86_400_000)
    for (let day = 0.5; day < 30; day += 0.5) {
      clock.time = start + day * 86_400_000
      await reading(sessions, cookie)
    }
    expect(store.load(id)?.expiresAt).toBe(start + 30 * 86_400_000)
    clock.time = start + 30 * 86_400_000
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('says when it was made and when it dies', async () => {
    const { sessions, cookie, clock } = await sessionAtSecondZero()
    const start = clock.time
    clock.passes(10)
    const session = await sessions.read(visit(cookie))
    expect(session.createdAt).toEqual(new Date(start))
    expect(session.expiresAt).toEqual(new Date(start + 1_000_000))
  })
})

describe('the idle timeout', () => {
  it('starts anew with each use and ends a session that is not used', async () => {
    const { at, isAlive, read } = await sessionAtSecondZero({ idleTimeout: 0.2 })
    at(0.1)
    await read()
    at(0.25)
    expect(await isAlive()).toBe(true)
    await read()
    at(0.25 + 0.2)
    expect(await isAlive()).toBe(false)
  })

  it('of a new session starts when that is stored, as its handler is told', async () => {
    const { at, sessions, clock } = await sessionAtSecondZero()
    let told: Date | undefined
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      at(900)
      told = session.set('count', 1).expiresAt
      return new Response()
    })
    expect((await sessions.read(visit(cookieAfter(response)))).expiresAt).toEqual(told)
    expect(told).toEqual(new Date(clock.time + 1_000_000))
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(1000)
  })

  it('starts anew when the session is only read, once a tenth of it has gone by', async () => {
    const { at, read, store, deadline } = await sessionAtSecondZero()
    at(99.999)
    expect(await read()).toEqual([])
    expect(store.methods).toEqual(['load'])
    at(100)
    await read()
    expect(store.methods).toEqual(['load', 'load', 'touch'])
    expect(await deadline()).toBe(1100)
  })

  it('is touched once per tenth at most, however many requests come', async () => {
    const { at, read, store } = await sessionAtSecondZero()
    for (let second = 0; second <= 1000; second += 5) {
      at(second)
      await read()
    }
    expect(store.methods.filter((method) => method === 'touch')).toHaveLength(10)
  })

  it('does not move for a request that does not ask for its session', async () => {
    const { at, sessions, cookie, store } = await sessionAtSecondZero()
    at(500)
    await sessions.handle(visit(cookie), () => new Response())
    expect(store.calls).toEqual([])
  })

  it('is moved exactly by a write', async () => {
    const { at, count, deadline } = await sessionAtSecondZero()
    for (const second of [1, 50, 99, 500]) {
      at(second)
      await count()
      expect(await deadline()).toBe(second + 1000)
    }
  })

  it('is moved by a touch that leaves data, owner and version of others alone', async () => {
    const { at, sessions, cookie, id, store } = await sessionAtSecondZero()
    at(100)
    await sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      await writing(sessions, cookie, (session) => session.set('count', 7).setOwner('ada'))
      return new Response()
    })
    expect(await store.load(id)).toMatchObject({ data: '{"count":7}', owner: 'ada', version: 2 })
  })

  it('tells of a touch by an event', async () => {
    const { at, read, events, id } = await sessionAtSecondZero()
    at(100)
    await read()
    expect(events).toMatchObject([
      { type: 'loaded', id },
      { type: 'touched', id },
    ])
  })
})

describe('the absolute timeout', () => {
  it('ends a session that stays in use', async () => {
    const { at, read, isAlive } = await sessionAtSecondZero({ absoluteTimeout: 2500 })
    for (let second = 0; second < 2500; second += 250) {
      at(second)
      await read()
    }
    at(2499.999)
    expect(await isAlive()).toBe(true)
    at(2500)
    expect(await isAlive()).toBe(false)
  })

  it('ends a session that is written to all the time, too', async () => {
    const { at, count, isAlive, deadline } = await sessionAtSecondZero({ absoluteTimeout: 2500 })
    for (let second = 0; second < 2500; second += 250) {
      at(second)
      await count()
      expect(await deadline()).toBe(Math.min(second + 1000, 2500))
    }
    at(2500)
    expect(await isAlive()).toBe(false)
  })

  it('bounds record and cookie alike: both end at the earlier limit', async () => {
    const { at, count, deadline } = await sessionAtSecondZero({ absoluteTimeout: 1300 })
    at(200)
    expect(maxAgeOf((await count())[0])).toBe(1000)
    expect(await deadline()).toBe(1200)
    at(600)
    expect(maxAgeOf((await count())[0])).toBe(700)
    expect(await deadline()).toBe(1300)
  })

  it('may be shorter than the default idle timeout', async () => {
    const clock = new Clock()
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret, now: clock.now, absoluteTimeout: 60 })
    const { setCookie, cookie } = await sessions.issue({ count: 1 })
    expect(maxAgeOf(setCookie)).toBe(60)
    clock.passes(59)
    expect((await sessions.read(visit(cookie))).isNew).toBe(false)
    clock.passes(1)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('once it holds the deadline, has a use noted by an update, a tenth of the idle time apart, and sends no cookie', async () => {
    const { at, read, store, deadline } = await sessionAtSecondZero({ absoluteTimeout: 1000 })
    for (const [second, calls] of [
      [99, ['load']],
      [100, ['load', 'update']],
      [199, ['load']],
      [500, ['load', 'update']],
    ] as const) {
      store.forget()
      at(second)
      expect(await read()).toEqual([])
      expect(store.methods).toEqual(calls)
    }
    expect(await deadline()).toBe(1000)
  })

  it('does not move when the session regenerates', async () => {
    const { at, sessions, cookie } = await sessionAtSecondZero({ absoluteTimeout: 1500 })
    at(900)
    const next = cookieAfter(await writing(sessions, cookie, (session) => session.regenerate()))
    at(1499.999)
    expect((await sessions.read(visit(next))).isNew).toBe(false)
    at(1500)
    expect((await sessions.read(visit(next))).isNew).toBe(true)
  })
})

describe('a clock', () => {
  it('that goes back leads to neither NaN nor a negative Max-Age, and the session lives', async () => {
    const { at, read, count, isAlive, deadline } = await sessionAtSecondZero()
    at(-5000)
    expect(await isAlive()).toBe(true)
    for (const line of [...(await read()), ...(await count())]) expect(maxAgeOf(line)).toBeGreaterThan(0)
    expect(await deadline()).toBe(-4000)
  })

  it('that leaps ahead ends the session, and going back does not bring it back', async () => {
    const { at, isAlive } = await sessionAtSecondZero()
    at(1e6)
    expect(await isAlive()).toBe(false)
    at(1)
    expect(await isAlive()).toBe(false)
  })

  it('is the one that was given: the system’s is never asked', async () => {
    const system = vi.spyOn(Date, 'now')
    const { at, read, count } = await sessionAtSecondZero()
    at(100)
    await read()
    await count()
    expect(system).not.toHaveBeenCalled()
    system.mockRestore()
  })
})
