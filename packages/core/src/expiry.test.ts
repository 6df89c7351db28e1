import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionEvent, SessionManager, type SessionOptions } from './index.js'
import { Clock, maxAgeOf, reading, writing } from './testing/serve.js'
import { cookieAfter, sessionCookies, visit } from './testing/visit.js'

interface Data {
  user: string
  visits: number
}

const secret = 's'.repeat(32)
const HOUR = 3600

const setUp = (options: Partial<SessionOptions<Data>> = {}) => {
  const clock = new Clock()
  const store = new MemoryStore()
  const events: SessionEvent[] = []
  const build = (others: Partial<SessionOptions<Data>> = {}): SessionManager<Data> =>
    new SessionManager<Data>({
      store,
      secret,
      idleTimeout: 10 * HOUR,
      absoluteTimeout: 100 * HOUR,
      now: clock.now,
      onEvent: (event) => events.push(event),
      ...options,
      ...others,
    } as SessionOptions<Data>)
  const count = (type: string): number => events.filter((event) => event.type === type).length
  return { clock, store, events, build, sessions: build(), count }
}

const isAlive = async (sessions: SessionManager<Data>, cookie: string): Promise<boolean> =>
  !(await sessions.read(visit(cookie))).isNew

describe('the idle timeout', () => {
  it('ends a session that nobody uses, from that very millisecond on [B104, B106]', async () => {
    const { sessions, clock, events } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    clock.passes(10 * HOUR)
    clock.time -= 1
    expect(await isAlive(sessions, cookie)).toBe(true)
    clock.time += 1
    expect(await isAlive(sessions, cookie)).toBe(false)
    expect(events.at(-1)).toMatchObject({ type: 'rejected', id })
  })

  it('is enforced by core where the store keeps dead records [B104]', async () => {
    const { clock, build, events } = setUp()
    const memory = new MemoryStore({ now: () => 0 })
    const sessions = build({ store: memory })
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    clock.passes(10 * HOUR)
    expect(await isAlive(sessions, cookie)).toBe(false)
    expect(events.at(-1)).toMatchObject({ type: 'rejected', reason: 'expired', id })
    expect(memory.load(id)).toBeUndefined()
  })

  it('moves with a use, for those who only read as well [B108, B109]', async () => {
    const { sessions, clock } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    for (let visits = 0; visits < 5; visits++) {
      clock.passes(9 * HOUR)
      await reading(sessions, cookie)
    }
    expect(await isAlive(sessions, cookie)).toBe(true)
    clock.passes(10 * HOUR)
    expect(await isAlive(sessions, cookie)).toBe(false)
  })

  it('costs readers a store write and a cookie no more than once in a tenth of it [B109, B113]', async () => {
    const { sessions, clock, count } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    clock.passes(HOUR)
    clock.time -= 1
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
    expect(count('touched')).toBe(0)
    clock.time += 1
    expect(maxAgeOf(sessionCookies(await reading(sessions, cookie))[0])).toBe(10 * HOUR)
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
    expect(count('touched')).toBe(1)
  })

  it('moves the record exactly with a change, and the cookie when it lags by a tenth [B97, B113]', async () => {
    const { sessions, clock, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 0 })
    const visit = () => writing(sessions, cookie, (session) => session.update('visits', (n = 0) => n + 1))
    clock.passes(HOUR / 2)
    expect(sessionCookies(await visit())).toEqual([])
    expect(store.load(id)?.expiresAt).toBe(clock.time + 10 * HOUR * 1000)
    clock.passes(HOUR / 2)
    expect(maxAgeOf(sessionCookies(await visit())[0])).toBe(10 * HOUR)
  })

  it('does not bring back a session that expired while its handler ran [B105]', async () => {
    const { sessions, clock, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const response = await writing(sessions, cookie, (session) => {
      session.set('user', 'eve')
      clock.passes(10 * HOUR)
    })
    expect([store.load(id), sessionCookies(response)]).toEqual([undefined, []])
    expect(events.at(-1)).toMatchObject({ type: 'dropped', reason: 'gone', id })
  })
})

describe('the absolute timeout', () => {
  it('ends a session that is used all the time [B110]', async () => {
    const { sessions, clock } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    for (let hours = 0; hours < 99; hours++) {
      clock.passes(HOUR)
      await reading(sessions, cookie)
    }
    expect(await isAlive(sessions, cookie)).toBe(true)
    clock.passes(HOUR)
    expect(await isAlive(sessions, cookie)).toBe(false)
  })

  it('bounds the Max-Age as well, and the cookie lives to the end [B111, B113]', async () => {
    const { sessions, clock } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    let cookieEnds = 0
    for (let minutes = 0; minutes < 100 * 60; minutes += 30) {
      const age = maxAgeOf(sessionCookies(await reading(sessions, cookie))[0])
      if (age !== undefined) cookieEnds = clock.time + age * 1000
      clock.passes(30 * 60)
    }
    expect(cookieEnds).toBe(Date.UTC(2026, 0, 1) + 100 * HOUR * 1000)
  })

  it('does not move with regenerate [B138]', async () => {
    const { sessions, clock, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    clock.passes(9 * HOUR)
    const response = await writing(sessions, cookie, (session) => session.regenerate())
    const session = await sessions.read(visit(cookieAfter(response)))
    expect(store.load(session.id)?.createdAt).toBe(Date.UTC(2026, 0, 1))
  })
})

describe('a limit that is lowered by configuration', () => {
  it('applies to the sessions that exist: idle [B140]', async () => {
    const { sessions, clock, build } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    clock.passes(2 * HOUR)
    expect(await isAlive(build({ idleTimeout: 2 * HOUR }), cookie)).toBe(false)
  })

  it('applies to the sessions that exist: absolute', async () => {
    const { sessions, clock, build } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    clock.passes(5 * HOUR)
    expect(await isAlive(build({ absoluteTimeout: 5 * HOUR }), cookie)).toBe(false)
  })

  it('is kept alive by use under the new limit', async () => {
    const { sessions, clock, build } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const lowered = build({ idleTimeout: 2 * HOUR })
    for (let visits = 0; visits < 5; visits++) {
      clock.passes(HOUR)
      await reading(lowered, cookie)
    }
    expect(await isAlive(lowered, cookie)).toBe(true)
    clock.passes(2 * HOUR)
    expect(await isAlive(lowered, cookie)).toBe(false)
  })

  it('that is raised applies from the next use', async () => {
    const { sessions, clock, build } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const raised = build({ idleTimeout: 20 * HOUR })
    clock.passes(9 * HOUR)
    await reading(raised, cookie)
    clock.passes(19 * HOUR)
    expect(await isAlive(raised, cookie)).toBe(true)
  })
})

describe('the cookie', () => {
  it('has a Max-Age of whole seconds, never 0 for what lives [B115, B121]', async () => {
    const { build } = setUp()
    for (const [idleTimeout, age] of [
      [3600, 3600],
      [0.2, 1],
      [1.5, 2],
    ] as const) {
      const { setCookie } = await build({ idleTimeout }).issue({ user: 'ada' })
      expect(maxAgeOf(setCookie)).toBe(age)
    }
  })

  it('is forgotten with the browser where that is asked for, while its record has an end [B32, B118]', async () => {
    const { build, clock, store } = setUp()
    const sessions = build({ cookie: { persistent: false } })
    const first = await writing(sessions, '', (session) => session.set('user', 'ada'))
    expect(maxAgeOf(sessionCookies(first)[0])).toBeUndefined()
    clock.passes(5 * HOUR)
    const second = await writing(sessions, cookieAfter(first), (session) => session.set('user', 'eve'))
    expect(sessionCookies(second)).toEqual([])
    const { id } = await sessions.read(visit(cookieAfter(first)))
    expect(store.load(id)?.expiresAt).toBe(clock.time + 10 * HOUR * 1000)
  })
})

describe('a session’s own lifetime', () => {
  it('takes the place of the manager’s, in the record and in the cookie ("remember me") [B116]', async () => {
    const { build, clock } = setUp()
    const sessions = build({ cookie: { persistent: false } })
    const first = await writing(sessions, '', (session) => session.set('user', 'ada'))
    const second = await writing(sessions, cookieAfter(first), (session) =>
      session.setLifetime({ idleTimeout: 50 * HOUR, persistent: true }),
    )
    expect(maxAgeOf(sessionCookies(second)[0])).toBe(50 * HOUR)
    clock.passes(49 * HOUR)
    expect(await isAlive(sessions, cookieAfter(second))).toBe(true)
    clock.passes(HOUR)
    expect(await isAlive(sessions, cookieAfter(second))).toBe(false)
  })

  it('holds for its later requests, and the absolute one from its creation', async () => {
    const { sessions, clock } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    await writing(sessions, cookie, (session) => session.setLifetime({ absoluteTimeout: 12 * HOUR }))
    clock.passes(8 * HOUR)
    const response = await reading(sessions, cookie)
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(4 * HOUR)
    clock.passes(4 * HOUR)
    expect(await isAlive(sessions, cookie)).toBe(false)
  })

  it('outlives a regenerate', async () => {
    const { sessions, clock } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const response = await writing(sessions, cookie, (session) => {
      session.setLifetime({ idleTimeout: HOUR })
      session.regenerate()
    })
    clock.passes(HOUR)
    expect(await isAlive(sessions, cookieAfter(response))).toBe(false)
  })

  it('has a Max-Age of 400 days at most [B29]', async () => {
    const { sessions } = setUp()
    const year = 366 * 24 * HOUR
    const response = await writing(sessions, '', (session) => {
      session.set('user', 'ada')
      session.setLifetime({ idleTimeout: 2 * year, absoluteTimeout: 2 * year })
    })
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(400 * 24 * HOUR)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '60', null])('refuses %s [B119]', async (seconds) => {
    const { sessions } = setUp()
    const session = await sessions.write(visit())
    for (const name of ['idleTimeout', 'absoluteTimeout']) {
      expect(() => session.setLifetime({ [name]: seconds })).toThrow(TypeError)
    }
  })

  it('is left as it is by what is undefined', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: undefined } as object))
    expect(await isAlive(sessions, cookie)).toBe(true)
  })
})

it('a clock that goes back makes nothing odd [B123]', async () => {
  const { sessions, clock } = setUp()
  const { cookie } = await sessions.issue({ user: 'ada' })
  clock.passes(-5 * HOUR)
  const response = await writing(sessions, cookie, (session) => session.set('user', 'eve'))
  const session = await sessions.read(visit(cookie))
  expect(session.get('user')).toBe('eve')
  for (const line of sessionCookies(response)) expect(maxAgeOf(line)).toBeGreaterThan(0)
})
