import { describe, expect, it, vi } from 'vitest'
import { type CookieOptions, MemoryStore, type SessionEvent, SessionManager } from './index.js'
import { Clock, maxAgeOf, reading, writing } from './testing/serve.js'
import { StagedStore } from './testing/staged-store.js'
import { cookieAfter, sessionCookies, visit } from './testing/visit.js'

const secret = 'thirty-two bytes of secret, at least'

interface Data {
  count: number
}

interface Times {
  idleTimeout?: number
  absoluteTimeout?: number
  cookie?: CookieOptions
}

/** A session at second 0, idle for 1000 s and 10 000 s old at most unless the test says otherwise. */
async function setUp(times: Times = {}) {
  const store = new StagedStore()
  const clock = new Clock()
  const events: SessionEvent[] = []
  const start = clock.time
  const managerOf = (other: Times) =>
    new SessionManager<Data>({
      store,
      secret,
      now: clock.now,
      idleTimeout: 1000,
      absoluteTimeout: 10_000,
      onEvent: (event) => events.push(event),
      ...other,
    })
  const sessions = managerOf(times)
  const issued = await sessions.issue({ count: 0 })
  store.forget()
  events.length = 0
  return {
    store,
    clock,
    sessions,
    events,
    managerOf,
    ...issued,
    /** Goes to this second after the start. */
    at: (seconds: number) => {
      clock.time = start + seconds * 1000
    },
    isAlive: async (manager = sessions) => !(await manager.read(visit(issued.cookie))).isNew,
    /** The second after the start at which the store says that the record dies. */
    deadline: async () => (((await store.memory.load(issued.id))?.expiresAt ?? Number.NaN) - start) / 1000,
    read: async (manager = sessions) => sessionCookies(await reading(manager, issued.cookie)),
    count: async (manager = sessions) =>
      sessionCookies(await writing(manager, issued.cookie, (session) => session.update('count', (n = 0) => n + 1))),
  }
}

describe('an expired session', () => {
  it('is dead even if the store still holds it and the client ignores Max-Age [B104]', async () => {
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

  it('is deleted from the store when it is loaded, with an event that says why [B105]', async () => {
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

  it('gives way to a new id when the handler writes, and takes no data along [B105]', async () => {
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

  it('leads to no removal cookie: a faster request may have been given another one [B104]', async () => {
    const { at, read } = await setUp()
    at(1000)
    expect(await read()).toEqual([])
  })

  it('is dead from the very millisecond on, and alive one before [B106]', async () => {
    const { at, isAlive } = await setUp()
    at(999.999)
    expect(await isAlive()).toBe(true)
    at(1000)
    expect(await isAlive()).toBe(false)
  })

  it('is dead from the very millisecond on where the store has no clock, too [B106]', async () => {
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
  it('has a finite deadline, 24 hours idle and 30 days in all when nothing is said [B107]', async () => {
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

  it('says when it was made and when it dies [B111]', async () => {
    const { sessions, cookie, clock } = await setUp()
    const start = clock.time
    clock.passes(10)
    const session = await sessions.read(visit(cookie))
    expect(session.createdAt).toEqual(new Date(start))
    expect(session.expiresAt).toEqual(new Date(start + 1_000_000))
  })
})

describe('the idle timeout', () => {
  it('starts anew with each use and ends a session that is not used [B108]', async () => {
    const { at, isAlive, read } = await setUp({ idleTimeout: 0.2 })
    at(0.1)
    await read()
    at(0.25)
    expect(await isAlive()).toBe(true)
    await read()
    at(0.25 + 0.2)
    expect(await isAlive()).toBe(false)
  })

  it('starts anew when the session is only read, once a tenth of it has gone by [B109]', async () => {
    const { at, read, store, deadline } = await setUp()
    at(99.999)
    expect(await read()).toEqual([])
    expect(store.methods).toEqual(['load'])
    at(100)
    await read()
    expect(store.methods).toEqual(['load', 'load', 'touch'])
    expect(await deadline()).toBe(1100)
  })

  it('is touched once per tenth at most, however many requests come [B109]', async () => {
    const { at, read, store } = await setUp()
    for (let second = 0; second <= 1000; second += 5) {
      at(second)
      await read()
    }
    expect(store.methods.filter((method) => method === 'touch')).toHaveLength(10)
  })

  it('does not move for a request that does not ask for its session [B109]', async () => {
    const { at, sessions, cookie, store } = await setUp()
    at(500)
    await sessions.handle(visit(cookie), () => new Response())
    expect(store.calls).toEqual([])
  })

  it('is moved exactly by a write [B111]', async () => {
    const { at, count, deadline } = await setUp()
    for (const second of [1, 50, 99, 500]) {
      at(second)
      await count()
      expect(await deadline()).toBe(second + 1000)
    }
  })

  it('is moved by a touch that leaves data, owner and version of others alone [B114]', async () => {
    const { at, sessions, cookie, id, store } = await setUp()
    at(100)
    await sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      await writing(sessions, cookie, (session) => session.set('count', 7).setOwner('ada'))
      return new Response()
    })
    expect(await store.load(id)).toMatchObject({ data: '{"count":7}', owner: 'ada', version: 2 })
  })

  it('tells of a touch by an event [B109]', async () => {
    const { at, read, events, id } = await setUp()
    at(100)
    await read()
    expect(events).toMatchObject([
      { type: 'loaded', id },
      { type: 'touched', id },
    ])
  })
})

describe('the absolute timeout', () => {
  it('ends a session that stays in use [B110]', async () => {
    const { at, read, isAlive } = await setUp({ absoluteTimeout: 2500 })
    for (let second = 0; second < 2500; second += 250) {
      at(second)
      await read()
    }
    at(2499.999)
    expect(await isAlive()).toBe(true)
    at(2500)
    expect(await isAlive()).toBe(false)
  })

  it('ends a session that is written to all the time, too [B110]', async () => {
    const { at, count, isAlive, deadline } = await setUp({ absoluteTimeout: 2500 })
    for (let second = 0; second < 2500; second += 250) {
      at(second)
      await count()
      expect(await deadline()).toBe(Math.min(second + 1000, 2500))
    }
    at(2500)
    expect(await isAlive()).toBe(false)
  })

  it('bounds record and cookie alike: both end at the earlier limit [B111]', async () => {
    const { at, count, deadline } = await setUp({ absoluteTimeout: 1300 })
    at(200)
    expect(maxAgeOf((await count())[0])).toBe(1000)
    expect(await deadline()).toBe(1200)
    at(600)
    expect(maxAgeOf((await count())[0])).toBe(700)
    expect(await deadline()).toBe(1300)
  })

  it('may be shorter than the idle timeout [B111]', async () => {
    const { setCookie, deadline, at, isAlive } = await setUp({ absoluteTimeout: 60 })
    expect(maxAgeOf(setCookie)).toBe(60)
    expect(await deadline()).toBe(60)
    at(60)
    expect(await isAlive()).toBe(false)
  })

  it('is not touched for once the deadline can not move any more [B110]', async () => {
    const { at, read, store } = await setUp({ absoluteTimeout: 1000 })
    at(500)
    expect(await read()).toEqual([])
    expect(store.methods).toEqual(['load'])
  })

  it('does not move when the session regenerates [B110]', async () => {
    const { at, sessions, cookie } = await setUp({ absoluteTimeout: 1500 })
    at(900)
    const next = cookieAfter(await writing(sessions, cookie, (session) => session.regenerate()))
    at(1499.999)
    expect((await sessions.read(visit(next))).isNew).toBe(false)
    at(1500)
    expect((await sessions.read(visit(next))).isNew).toBe(true)
  })
})

describe('the cookie', () => {
  it('follows the record when a read moves its expiry [B112, B113]', async () => {
    const { at, read } = await setUp()
    at(100)
    const cookies = await read()
    expect(cookies).toHaveLength(1)
    expect(maxAgeOf(cookies[0])).toBe(1000)
  })

  it('is not sent for a session that is unchanged and was used a moment ago [B112]', async () => {
    const { at, read } = await setUp()
    at(99)
    expect(await read()).toEqual([])
  })

  it('is not sent for a new session that stays untouched [B112]', async () => {
    const { sessions } = await setUp()
    expect(sessionCookies(await reading(sessions, ''))).toEqual([])
  })

  it('is sent with a write only when a tenth of the idle time is crossed, counted from creation [B97, B113]', async () => {
    const { at, count } = await setUp()
    const sentAt: number[] = []
    for (let second = 0; second < 500; second += 10) {
      at(second)
      if ((await count()).length > 0) sentAt.push(second)
    }
    expect(sentAt).toEqual([100, 200, 300, 400])
  })

  it('lags behind the record by a tenth of the idle time at most [B113]', async () => {
    const { at, count, deadline, setCookie } = await setUp()
    let cookieDeadline = maxAgeOf(setCookie) as number
    for (let second = 0; second < 2000; second += 37) {
      at(second)
      const [line] = await count()
      if (line !== undefined) cookieDeadline = second + (maxAgeOf(line) as number)
      expect((await deadline()) - cookieDeadline).toBeLessThanOrEqual(100)
    }
  })

  it('is sent when the record reaches its absolute limit, even within a tenth [B113]', async () => {
    const { at, count } = await setUp({ absoluteTimeout: 1450 })
    at(420)
    expect(maxAgeOf((await count())[0])).toBe(1000)
    at(440)
    expect(await count()).toEqual([])
    at(460)
    expect(maxAgeOf((await count())[0])).toBe(990)
    at(470)
    expect(await count()).toEqual([])
  })

  it('has the whole lifetime as Max-Age when it is new [B115]', async () => {
    const { setCookie } = await setUp({ idleTimeout: 3600 })
    expect(maxAgeOf(setCookie)).toBe(3600)
  })

  it('has a Max-Age of whole seconds, and never 0 for a live session [B121]', async () => {
    for (const idleTimeout of [0.001, 0.5, 0.999, 60.9]) {
      const { setCookie, deadline } = await setUp({ idleTimeout })
      expect(maxAgeOf(setCookie)).toBe(Math.ceil(idleTimeout))
      expect(await deadline()).toBeCloseTo(idleTimeout, 3)
    }
    const { at, sessions, cookie } = await setUp({ absoluteTimeout: 1000 })
    at(999.999)
    const response = await writing(sessions, cookie, (session) => session.regenerate())
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(1)
  })

  it('without a Max-Age belongs to a record that ends all the same, and is not sent again [B32, B118]', async () => {
    const { setCookie, deadline, at, count, read, isAlive } = await setUp({ cookie: { persistent: false } })
    expect(maxAgeOf(setCookie)).toBe(undefined)
    expect(await deadline()).toBe(1000)
    at(500)
    expect(await count()).toEqual([])
    at(1000)
    expect(await read()).toEqual([])
    expect(await deadline()).toBe(2000)
    at(2000)
    expect(await isAlive()).toBe(false)
  })
})

describe('a lifetime of its own', () => {
  it('is what record and cookie follow, whatever the manager says [B116]', async () => {
    const { sessions, cookie, deadline } = await setUp()
    const response = await writing(sessions, cookie, (session) =>
      session.setLifetime({ idleTimeout: 5000, absoluteTimeout: 6000 }),
    )
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(5000)
    expect(await deadline()).toBe(5000)
  })

  it('lasts: later requests extend by it, and end at its absolute limit [B116]', async () => {
    const { sessions, cookie, at, read, deadline, isAlive } = await setUp()
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 5000, absoluteTimeout: 6000 }))
    at(400)
    expect(await read()).toEqual([])
    at(500)
    expect(maxAgeOf((await read())[0])).toBe(5000)
    at(3000)
    await read()
    expect(await deadline()).toBe(6000)
    at(5999)
    expect(await isAlive()).toBe(true)
    at(6000)
    expect(await isAlive()).toBe(false)
  })

  it('may be shorter than the manager’s, from now on [B116]', async () => {
    const { sessions, cookie, at, isAlive, deadline } = await setUp()
    at(10)
    const response = await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(60)
    expect(await deadline()).toBe(70)
    at(70)
    expect(await isAlive()).toBe(false)
  })

  it('may make the cookie one of the browser’s session, and a lasting one again: "remember me" [B116]', async () => {
    const { sessions, cookie } = await setUp()
    const forgotten = await writing(sessions, cookie, (session) => session.setLifetime({ persistent: false }))
    expect(sessionCookies(forgotten)).toHaveLength(1)
    expect(maxAgeOf(sessionCookies(forgotten)[0])).toBe(undefined)
    const remembered = await writing(sessions, cookie, (session) => session.setLifetime({ persistent: true }))
    expect(maxAgeOf(sessionCookies(remembered)[0])).toBe(1000)
  })

  it('may make the cookie last where the manager’s do not [B116]', async () => {
    const { sessions, cookie, at, read } = await setUp({ cookie: { persistent: false } })
    const response = await writing(sessions, cookie, (session) => session.setLifetime({ persistent: true }))
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(1000)
    at(100)
    expect(maxAgeOf((await read())[0])).toBe(1000)
  })

  it('holds for a new session from its first response on [B116]', async () => {
    const { sessions } = await setUp()
    const response = await writing(sessions, '', (session) =>
      session.set('count', 1).setLifetime({ idleTimeout: 7, persistent: true }),
    )
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(7)
  })

  it('adds up: what a later call leaves out stays as it was [B116]', async () => {
    const { sessions, cookie, deadline } = await setUp()
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    const response = await writing(sessions, cookie, (session) => session.setLifetime({ persistent: false }))
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(undefined)
    expect(await deadline()).toBe(60)
  })

  it('goes along when the session regenerates [B116]', async () => {
    const { sessions, cookie } = await setUp()
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    const response = await writing(sessions, cookie, (session) => session.regenerate())
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(60)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '60', null])(
    'can not be %j, and the error names the option [B119]',
    async (seconds) => {
      const { sessions } = await setUp()
      const session = await sessions.write(visit())
      expect(() => session.setLifetime({ idleTimeout: seconds as number })).toThrow(TypeError)
      expect(() => session.setLifetime({ idleTimeout: seconds as number })).toThrow(/idleTimeout/)
      expect(() => session.setLifetime({ absoluteTimeout: seconds as number })).toThrow(/absoluteTimeout/)
    },
  )
})

describe('a limit that was lowered by configuration', () => {
  it('applies to the sessions that exist: idle, from their last use on [B104]', async () => {
    const { managerOf, at, isAlive, count } = await setUp()
    at(50)
    await count()
    const strict = managerOf({ idleTimeout: 200 })
    at(249.999)
    expect(await isAlive(strict)).toBe(true)
    at(250)
    expect(await isAlive(strict)).toBe(false)
  })

  it('applies to the sessions that exist: absolute, from their creation on [B110]', async () => {
    const { managerOf, at, isAlive } = await setUp()
    const strict = managerOf({ absoluteTimeout: 200 })
    at(199.999)
    expect(await isAlive(strict)).toBe(true)
    at(200)
    expect(await isAlive(strict)).toBe(false)
  })

  it('goes on applying after a use under it, and the cookie follows [B111, B113]', async () => {
    const { managerOf, at, read, deadline } = await setUp()
    const strict = managerOf({ idleTimeout: 200 })
    at(50)
    expect(maxAgeOf((await read(strict))[0])).toBe(200)
    expect(await deadline()).toBe(250)
  })

  it('does not shorten a lifetime of the session’s own [B116]', async () => {
    const { sessions, cookie, managerOf, at, isAlive } = await setUp()
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 5000 }))
    at(4999)
    expect(await isAlive(managerOf({ idleTimeout: 200 }))).toBe(true)
  })

  it('and raised ones bring no dead session back [B104]', async () => {
    const { managerOf, at, isAlive } = await setUp()
    const generous = managerOf({ idleTimeout: 9000 })
    at(999)
    expect(await isAlive(generous)).toBe(true)
    at(1000)
    expect(await isAlive(generous)).toBe(false)
  })
})

describe('a clock', () => {
  it('that goes back leads to neither NaN nor a negative Max-Age, and the session lives [B123]', async () => {
    const { at, read, count, isAlive, deadline } = await setUp()
    at(-5000)
    expect(await isAlive()).toBe(true)
    for (const line of [...(await read()), ...(await count())]) expect(maxAgeOf(line)).toBeGreaterThan(0)
    expect(await deadline()).toBe(-4000)
  })

  it('that leaps ahead ends the session, and going back does not bring it back [B123]', async () => {
    const { at, isAlive } = await setUp()
    at(1e6)
    expect(await isAlive()).toBe(false)
    at(1)
    expect(await isAlive()).toBe(false)
  })

  it('is the one that was given: the system’s is never asked [B123]', async () => {
    const system = vi.spyOn(Date, 'now')
    const { at, read, count } = await setUp()
    at(100)
    await read()
    await count()
    expect(system).not.toHaveBeenCalled()
    system.mockRestore()
  })
})
