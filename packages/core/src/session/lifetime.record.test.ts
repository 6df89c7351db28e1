import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionManager, type SessionOptions } from '../index.js'
import { Clock } from '../testing/clock.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  visits: number
}

function setUp(options: Partial<SessionOptions<Data>> = {}) {
  const store = new StagedStore()
  const clock = new Clock()
  const sessions = new SessionManager<Data>({ store, secret, now: clock.now, ...options })
  return { store, clock, sessions }
}

function count(sessions: SessionManager<Data>, cookie = ''): Promise<Response> {
  return writing(sessions, cookie, (session) => session.update('visits', (n = 0) => n + 1))
}

describe('the times of a record', () => {
  it.each([1000 / 3, 86_400 / 7, 0.0005, 1.0001])(
    'are whole milliseconds, as databases keep them, with an idle timeout of %d s',
    async (idleTimeout) => {
      const { sessions, store } = setUp({ idleTimeout })
      const { id } = await sessions.issue({ visits: 1 })
      expect(store.memory.load(id)?.expiresAt).toSatisfy(Number.isInteger)
    },
  )

  it('are whole milliseconds with a lifetime of the session’s own', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 1000 / 3 }))
    expect(store.memory.load(id)?.expiresAt).toSatisfy(Number.isInteger)
  })

  it.each([1e13, 1e306])(
    'are never beyond what a Date can tell: a limit of %d s is refused or cut',
    async (seconds) => {
      const limits = { idleTimeout: seconds, absoluteTimeout: seconds, cookie: { persistent: false } }
      let setting: ReturnType<typeof setUp>
      try {
        setting = setUp(limits)
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
        return
      }
      const { sessions, store } = setting
      const { cookie, id } = await sessions.issue({ visits: 1 })
      expect(store.memory.load(id)?.expiresAt).toSatisfy(Number.isFinite)
      const session = await sessions.read(visit(cookie))
      expect(session.isNew).toBe(false)
      expect(session.expiresAt.getTime()).toSatisfy(Number.isFinite)
    },
  )

  it('never make a session that is stored and can not be opened: a lifetime is refused or holds', async () => {
    const { sessions } = setUp()
    const response = await writing(sessions, '', (session) => {
      session.set('visits', 1)
      try {
        session.setLifetime({ idleTimeout: 1e306, absoluteTimeout: 1e306 })
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
      }
    })
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })
})

describe('a session in use', () => {
  const limits = { idle: fc.integer({ min: 1, max: 500 }), more: fc.integer({ min: 0, max: 2500 }) }
  const uses = fc.array(fc.tuple(fc.nat(600_000), fc.constantFrom('reads', 'writes')), { maxLength: 25 })

  it('lives exactly as long as idle and absolute timeout say, whatever is done with it', async () => {
    await fc.assert(
      fc.asyncProperty(limits.idle, limits.more, uses, async (idle, more, steps) => {
        const absolute = idle + more
        const { sessions, store, clock } = setUp({ idleTimeout: idle, absoluteTimeout: absolute })
        const { cookie, id } = await sessions.issue({ visits: 0 })
        const end = clock.time + absolute * 1000
        let deadline = Math.min(clock.time + idle * 1000, end)
        let noted = clock.time
        for (const [gap, use] of steps) {
          clock.time += gap
          const isAlive = clock.time < deadline
          expect((await sessions.read(visit(cookie))).isNew).toBe(!isAlive)
          if (!isAlive) {
            expect(store.memory.load(id)).toBeUndefined()
            return
          }
          await (use === 'writes' ? count(sessions, cookie) : reading(sessions, cookie))
          if (use === 'writes' || clock.time - noted >= idle * 100) {
            noted = clock.time
            deadline = Math.min(clock.time + idle * 1000, end)
          }
          expect(store.memory.load(id)?.expiresAt).toBe(deadline)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is kept by a browser that honours Max-Age, for whoever comes again within eight tenths of the idle timeout', async () => {
    // The cookie lags a tenth behind the record at most, and the record a tenth behind the last use.
    const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 799 }), fc.boolean()), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(gaps, async (steps) => {
        const { sessions, clock } = setUp({ idleTimeout: 1000, absoluteTimeout: 1_000_000 })
        let cookie = ''
        let forgottenAt = 0
        const comes = async (writes: boolean): Promise<boolean> => {
          if (clock.time >= forgottenAt) cookie = ''
          const { isNew } = await sessions.read(visit(cookie))
          const response = await (writes ? count(sessions, cookie) : reading(sessions, cookie))
          const age = response.headers.getSetCookie()[0]?.match(/; Max-Age=(\d+)/)?.[1]
          if (age !== undefined) forgottenAt = clock.time + Number(age) * 1000
          cookie = cookieAfter(response, cookie)
          return !isNew
        }
        await comes(true)
        for (const [gap, writes] of steps) {
          clock.passes(gap)
          expect(await comes(writes)).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })
})
