import { describe, expect, it } from 'vitest'
import { maxAgeOf, sessionCookies } from '../testing/response-cookies.js'
import { reading, writing } from '../testing/serve.js'
import { sessionAtSecondZero } from '../testing/session-at-second-zero.js'
import { stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
  cart: { items: string[]; coupon?: { code: string } }
}

const setUp = stagedManager<Data>

describe('the cookie', () => {
  it('follows the record when a read moves its expiry', async () => {
    const { at, read } = await sessionAtSecondZero()
    at(100)
    const cookies = await read()
    expect(cookies).toHaveLength(1)
    expect(maxAgeOf(cookies[0])).toBe(1000)
  })

  it('is not sent for a session that is unchanged and was used a moment ago', async () => {
    const { at, read } = await sessionAtSecondZero()
    at(99)
    expect(await read()).toEqual([])
  })

  it('is not sent for a new session that stays untouched', async () => {
    const { sessions } = await sessionAtSecondZero()
    expect(sessionCookies(await reading(sessions, ''))).toEqual([])
  })

  it('is sent with a write only when a tenth of the idle time is crossed, counted from creation', async () => {
    const { at, count } = await sessionAtSecondZero()
    const sentAt: number[] = []
    for (let second = 0; second < 500; second += 10) {
      at(second)
      if ((await count()).length > 0) sentAt.push(second)
    }
    expect(sentAt).toEqual([100, 200, 300, 400])
  })

  it('lags behind the record by a tenth of the idle time at most', async () => {
    const { at, count, deadline, setCookie } = await sessionAtSecondZero()
    let cookieDeadline = maxAgeOf(setCookie) as number
    for (let second = 0; second < 2000; second += 37) {
      at(second)
      const [line] = await count()
      if (line !== undefined) cookieDeadline = second + (maxAgeOf(line) as number)
      expect((await deadline()) - cookieDeadline).toBeLessThanOrEqual(100)
    }
  })

  it('is sent when the record reaches its absolute limit, even within a tenth', async () => {
    const { at, count } = await sessionAtSecondZero({ absoluteTimeout: 1450 })
    at(420)
    expect(maxAgeOf((await count())[0])).toBe(1000)
    at(440)
    expect(await count()).toEqual([])
    at(460)
    expect(maxAgeOf((await count())[0])).toBe(990)
    at(470)
    expect(await count()).toEqual([])
  })

  it('has the whole lifetime as Max-Age when it is new', async () => {
    const { setCookie } = await sessionAtSecondZero({ idleTimeout: 3600 })
    expect(maxAgeOf(setCookie)).toBe(3600)
  })

  it('has a Max-Age of whole seconds, and never 0 for a live session', async () => {
    for (const idleTimeout of [0.001, 0.5, 0.999, 60.9]) {
      const { setCookie, deadline } = await sessionAtSecondZero({ idleTimeout })
      expect(maxAgeOf(setCookie)).toBe(Math.ceil(idleTimeout))
      expect(await deadline()).toBeCloseTo(idleTimeout, 3)
    }
    const { at, sessions, cookie } = await sessionAtSecondZero({ absoluteTimeout: 1000 })
    at(999.999)
    const response = await writing(sessions, cookie, (session) => session.regenerate())
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(1)
  })

  it('without a Max-Age belongs to a record that ends all the same, and is not sent again', async () => {
    const { setCookie, deadline, at, count, read, isAlive } = await sessionAtSecondZero({
      cookie: { persistent: false },
    })
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

describe('the idle deadline', () => {
  const hour = 3_600_000

  it('moves with reads alone, in the store and in the browser, up to the absolute limit', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 24 * 3600, absoluteTimeout: 7 * 24 * 3600 })
    const started = clock.time
    const { cookie } = await sessions.issue({ user: 'ada' })
    /** When a browser that follows Max-Age forgets the cookie. */
    let forgets = started + 24 * hour
    let visits = 0
    for (; ; visits++) {
      clock.time += 20 * hour
      if (clock.time >= started + 7 * 24 * hour) break
      expect(clock.time).toBeLessThan(forgets)
      const response = await sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.read()
        expect(session.get('user')).toBe('ada')
        return new Response()
      })
      for (const line of sessionCookies(response)) {
        const age = Number(/Max-Age=(\d+)/.exec(line)?.[1])
        forgets = clock.time + age * 1000
        expect(forgets).toBeLessThanOrEqual(started + 7 * 24 * hour)
        expect(age).toBeGreaterThan(0)
      }
    }
    expect(visits).toBe(8)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('is not moved for each read: at most ten times in an idle timeout', async () => {
    const { sessions, store, clock } = setUp({ idleTimeout: 24 * 3600 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.forget()
    for (let minute = 0; minute < 24 * 60; minute += 10) {
      clock.time += 600_000
      await sessions.handle(visit(cookie), async (handle) => {
        await handle.read()
        return new Response()
      })
    }
    expect(store.methods.filter((method) => method !== 'load').length).toBeLessThanOrEqual(10)
    expect(store.methods.filter((method) => method === 'touch').length).toBeGreaterThanOrEqual(9)
  })
})
