import { describe, expect, it } from 'vitest'
import { MemoryStore, type SessionEvent, SessionManager } from '../index.js'
import { failingStore } from '../test-kit/failing-store.js'
import { maxAgeOf, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { sessionAtSecondZero } from '../testing/session-at-second-zero.js'
import { visit } from '../testing/visit.js'

describe('a lifetime of its own', () => {
  it('is what record and cookie follow, whatever the manager says', async () => {
    const { sessions, cookie, deadline } = await sessionAtSecondZero()
    const response = await writing(sessions, cookie, (session) =>
      session.setLifetime({ idleTimeout: 5000, absoluteTimeout: 6000 }),
    )
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(5000)
    expect(await deadline()).toBe(5000)
  })

  it.each([null, 0, '', false, Number.NaN, true, []])('is not taken away by %j, a TypeError', async (none) => {
    const { sessions, cookie } = await sessionAtSecondZero()
    await writing(sessions, cookie, (session) => {
      session.setLifetime({ idleTimeout: 5000 })
      expect(() => session.setLifetime(none as never)).toThrow(
        /^fetch-sessions: setLifetime: options must be an object$/,
      )
      expect(session.lifetime).toEqual({ idleTimeout: 5000 })
      session.setLifetime(undefined)
      expect(session.lifetime).toBeUndefined()
    })
  })

  it('lasts: later requests extend by it, and end at its absolute limit', async () => {
    const { sessions, cookie, at, read, deadline, isAlive } = await sessionAtSecondZero()
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

  it('may be shorter than the manager’s, from now on', async () => {
    const { sessions, cookie, at, isAlive, deadline } = await sessionAtSecondZero()
    at(10)
    const response = await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(60)
    expect(await deadline()).toBe(70)
    at(70)
    expect(await isAlive()).toBe(false)
  })

  it('may make the cookie one of the browser’s session, and a lasting one again: "remember me"', async () => {
    const { sessions, cookie } = await sessionAtSecondZero()
    const forgotten = await writing(sessions, cookie, (session) => session.setLifetime({ persistent: false }))
    expect(sessionCookies(forgotten)).toHaveLength(1)
    expect(maxAgeOf(sessionCookies(forgotten)[0])).toBe(undefined)
    const remembered = await writing(sessions, cookie, (session) => session.setLifetime({ persistent: true }))
    expect(maxAgeOf(sessionCookies(remembered)[0])).toBe(1000)
  })

  it('may make the cookie last where the manager’s do not', async () => {
    const { sessions, cookie, at, read } = await sessionAtSecondZero({ cookie: { persistent: false } })
    const response = await writing(sessions, cookie, (session) => session.setLifetime({ persistent: true }))
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(1000)
    at(100)
    expect(maxAgeOf((await read())[0])).toBe(1000)
  })

  it('holds for a new session from its first response on', async () => {
    const { sessions } = await sessionAtSecondZero()
    const response = await writing(sessions, '', (session) =>
      session.set('count', 1).setLifetime({ idleTimeout: 7, persistent: true }),
    )
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(7)
  })

  it('adds up: what a later call leaves out stays as it was', async () => {
    const { sessions, cookie, deadline } = await sessionAtSecondZero()
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    const response = await writing(sessions, cookie, (session) => session.setLifetime({ persistent: false }))
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(undefined)
    expect(await deadline()).toBe(60)
  })

  it('goes along when the session regenerates', async () => {
    const { sessions, cookie } = await sessionAtSecondZero()
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    const response = await writing(sessions, cookie, (session) => session.regenerate())
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(60)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '60', null])(
    'can not be %j, and the error names the option',
    async (seconds) => {
      const { sessions } = await sessionAtSecondZero()
      const session = await sessions.write(visit())
      expect(() => session.setLifetime({ idleTimeout: seconds as number })).toThrow(TypeError)
      expect(() => session.setLifetime({ idleTimeout: seconds as number })).toThrow(/idleTimeout/)
      expect(() => session.setLifetime({ absoluteTimeout: seconds as number })).toThrow(/absoluteTimeout/)
    },
  )
})

describe('a limit that was lowered by configuration', () => {
  it('applies to the sessions that exist: idle, from the last use on that may not be noted yet', async () => {
    const { managerOf, at, isAlive, count } = await sessionAtSecondZero()
    at(50)
    await count()
    const strict = managerOf({ idleTimeout: 200 })
    at(349.999)
    expect(await isAlive(strict)).toBe(true)
    at(350)
    expect(await isAlive(strict)).toBe(false)
  })

  it.each([1, 50, 100, 500, 900, 999])('signs nobody out who was there a moment ago: to %i s', async (idleTimeout) => {
    const { store, managerOf, at, read, isAlive } = await sessionAtSecondZero()
    for (let second = 0.5; second <= 299.5; second++) {
      at(second)
      await read()
    }
    // The last use that is noted is almost a tenth old.
    expect(store.methods.filter((method) => method === 'touch')).toHaveLength(2)
    const strict = managerOf({ idleTimeout })
    at(300)
    expect(await isAlive(strict)).toBe(true)
    expect((await strict.list()).sessions).toHaveLength(1)
  })

  it.each([1, 200, 950, 999])('never lets a session live longer than it would have: %i s', async (idleTimeout) => {
    const { managerOf, at, isAlive } = await sessionAtSecondZero()
    at(1000)
    expect(await isAlive(managerOf({ idleTimeout }))).toBe(false)
  })

  it('applies exactly from the first use under it', async () => {
    const { managerOf, at, read, isAlive } = await sessionAtSecondZero()
    const strict = managerOf({ idleTimeout: 200 })
    at(250)
    await read(strict)
    at(449.999)
    expect(await isAlive(strict)).toBe(true)
    at(450)
    expect(await isAlive(strict)).toBe(false)
  })

  it('applies to the sessions that exist: absolute, from their creation on', async () => {
    const { managerOf, at, isAlive, count } = await sessionAtSecondZero()
    const strict = managerOf({ idleTimeout: 200, absoluteTimeout: 200 })
    at(150)
    await count()
    at(199.999)
    expect(await isAlive(strict)).toBe(true)
    at(200)
    expect(await isAlive(strict)).toBe(false)
  })

  it('goes on applying after a use under it, and the cookie follows', async () => {
    const { managerOf, at, read, deadline } = await sessionAtSecondZero()
    const strict = managerOf({ idleTimeout: 200 })
    at(50)
    expect(maxAgeOf((await read(strict))[0])).toBe(200)
    expect(await deadline()).toBe(250)
  })

  it('does not shorten a lifetime of the session’s own', async () => {
    const { sessions, cookie, managerOf, at, isAlive } = await sessionAtSecondZero()
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 5000 }))
    at(4999)
    expect(await isAlive(managerOf({ idleTimeout: 200 }))).toBe(true)
  })

  it('and raised ones bring no dead session back', async () => {
    const { managerOf, at, isAlive } = await sessionAtSecondZero()
    const generous = managerOf({ idleTimeout: 9000 })
    at(999)
    expect(await isAlive(generous)).toBe(true)
    at(1000)
    expect(await isAlive(generous)).toBe(false)
  })
})

describe('setLifetime', () => {
  it('writes nothing when it says what holds already', async () => {
    const events: SessionEvent[] = []
    const sessions = new SessionManager({
      store: new MemoryStore(),
      secret,
      onEvent: (event) => void events.push(event),
    })
    const { cookie } = await sessions.issue({ user: 'ada' })
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    expect(events.filter(({ type }) => type === 'saved')).toHaveLength(1)
  })

  it('is told, by whoever reads or writes, so that it can be put back', async () => {
    const { sessions, cookie } = await sessionAtSecondZero()
    const own = { idleTimeout: 60, persistent: false }
    expect((await sessions.read(cookie)).lifetime).toBe(undefined)
    await writing(sessions, cookie, (session) => {
      session.setLifetime(own)
      expect(session.lifetime).toEqual(own)
    })
    const { id, lifetime } = await sessions.read(cookie)
    expect(lifetime).toEqual(own)
    await writing(sessions, cookie, (session) => {
      const { lifetime } = session
      session.setLifetime(undefined)
      expect(session.lifetime).toBe(undefined)
      session.setLifetime(lifetime)
    })
    expect((await sessions.peek(id))?.lifetime).toEqual(own)
  })

  it('is told as a copy: to change that changes nothing', async () => {
    const { sessions, cookie } = await sessionAtSecondZero()
    await writing(sessions, cookie, (session) => {
      session.setLifetime({ idleTimeout: 60 })
      Object.assign(session.lifetime ?? {}, { idleTimeout: 7 })
      expect(session.lifetime).toEqual({ idleTimeout: 60 })
    })
  })

  it('is undefined where there is none: of a new session, and of one that the store kept back', async () => {
    const store = failingStore(new MemoryStore())
    const sessions = new SessionManager({ store, secret, onStoreFailure: 'anonymous' })
    const { cookie } = await sessions.issue({ name: 'Ada' })
    expect((await sessions.read(undefined)).lifetime).toBe(undefined)
    store.fail('load')
    const { isDegraded, lifetime } = await sessions.read(cookie)
    expect([isDegraded, lifetime]).toEqual([true, undefined])
  })
})
