import { describe, expect, it } from 'vitest'
import { CookieStore, type Secret, SessionManager } from '../index.js'
import { Clock } from '../testing/clock.js'
import { gate } from '../testing/gate.js'
import { isMarker, liveSessions } from '../testing/live-sessions.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, signOut, writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
}

const newer = `a newer ${secret}`

/** A session of Ada's, on a store that managers with other secrets can share. */
async function setUp() {
  const store = new StagedStore()
  const clock = new Clock()
  const managerOf = (secrets: readonly Secret[]): SessionManager<Data> =>
    new SessionManager<Data>({ store, secret: secrets, now: clock.now, idleTimeout: 1000 })
  const sessions = managerOf([secret])
  const { cookie, id } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
  store.forget()
  return { store, clock, managerOf, sessions, cookie, id }
}

/** The cookie after a rotation with this grace. */
async function rotate(sessions: SessionManager<Data>, cookie: string, grace = 60): Promise<string> {
  return cookieAfter(await writing(sessions, cookie, (session) => session.regenerate({ grace })))
}

const userOf = async (sessions: SessionManager<Data>, cookie: string): Promise<string | undefined> =>
  (await sessions.read(visit(cookie))).get('user')

describe('the old cookie within the grace of a rotation', () => {
  it('leads to the session, and the answer repeats the new cookie', async () => {
    const { sessions, cookie } = await setUp()
    const next = await rotate(sessions, cookie)
    expect(next).not.toBe(cookie)
    for (const request of [reading, writing] as const) {
      const response = await request(sessions, cookie, (session) => void session.get('user'))
      expect(cookieAfter(response)).toBe(next)
    }
    expect(await userOf(sessions, cookie)).toBe('ada')
    expect(await userOf(sessions, next)).toBe('ada')
    expect(sessionCookies(await reading(sessions, next))).toEqual([])
  })

  it('changes the one session that there is', async () => {
    const { sessions, cookie } = await setUp()
    const next = await rotate(sessions, cookie)
    await writing(sessions, cookie, (session) => session.set('visits', 5))
    expect((await sessions.read(visit(next))).get('visits')).toBe(5)
    expect(await liveSessions(sessions)).toBe(1)
  })

  it('ends with it: from that very millisecond on it opens nothing', async () => {
    const { sessions, cookie, clock } = await setUp()
    const next = await rotate(sessions, cookie, 60)
    clock.passes(59.999)
    expect(await userOf(sessions, cookie)).toBe('ada')
    clock.passes(0.001)
    const response = await reading(sessions, cookie, (session) => expect(session.size).toBe(0))
    expect(sessionCookies(response)).toEqual([])
    expect(await userOf(sessions, next)).toBe('ada')
  })

  it('is as good where the grace is longer than a marker lives else', async () => {
    const { sessions, cookie, clock } = await setUp()
    await rotate(sessions, cookie, 300)
    clock.passes(299)
    expect(await userOf(sessions, cookie)).toBe('ada')
  })

  it('leads through a chain of rotations', async () => {
    const { sessions, cookie } = await setUp()
    let newest = cookie
    for (let rotation = 0; rotation < 5; rotation++) newest = await rotate(sessions, newest)
    expect(await userOf(sessions, cookie)).toBe('ada')
    expect(cookieAfter(await reading(sessions, cookie))).toBe(newest)
  })

  it('leads no further than a change of privileges', async () => {
    const { sessions, cookie } = await setUp()
    const next = await rotate(sessions, cookie)
    await writing(sessions, next, (session) => session.set('user', 'admin').regenerate())
    expect(await userOf(sessions, cookie)).toBe(undefined)
    expect(await userOf(sessions, next)).toBe(undefined)
  })

  it('leads on though the secret was replaced meanwhile', async () => {
    const { sessions, managerOf, cookie } = await setUp()
    const next = await rotate(sessions, cookie)
    const replaced = managerOf([newer, secret])
    const response = await reading(replaced, cookie, (session) => expect(session.get('user')).toBe('ada'))
    const repeated = cookieAfter(response)
    // The same token, signed with the newest secret.
    expect(repeated.split('.')[0]).toBe(next.split('.')[0])
    expect(await userOf(managerOf([newer]), repeated)).toBe('ada')
  })

  it('signs out the successor: no session is left, and the cookie goes', async () => {
    const { sessions, cookie } = await setUp()
    const next = await rotate(sessions, cookie)
    const response = await signOut(sessions, cookie)
    expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
    expect(await liveSessions(sessions)).toBe(0)
    expect(await userOf(sessions, next)).toBe(undefined)
  })

  it('opens nothing once the successor was signed out', async () => {
    const { sessions, cookie } = await setUp()
    const next = await rotate(sessions, cookie)
    await signOut(sessions, next)
    const response = await writing(sessions, cookie, (session) => expect(session.size).toBe(0))
    expect(sessionCookies(response)).toEqual([])
    expect(await liveSessions(sessions)).toBe(0)
  })

  it('by its id, sessions.destroy ends the successor', async () => {
    const { sessions, cookie, id } = await setUp()
    await rotate(sessions, cookie)
    expect(await sessions.destroy(id)).toBe(true)
    expect(await liveSessions(sessions)).toBe(0)
  })
})

describe('what a rotation leaves in the store', () => {
  it('is a marker without data and owner, and neither token nor cookie', async () => {
    const { sessions, store, cookie, id } = await setUp()
    const next = await rotate(sessions, cookie)
    expect(isMarker(store.memory.load(id))).toBe(true)
    expect((await sessions.listByOwner('ada')).map((info) => info.id)).toEqual([(await sessions.read(visit(next))).id])
    const stored = JSON.stringify(store.calls.map(({ record }) => record))
    for (const part of [...cookie.slice(11).split('.'), ...next.slice(11).split('.')])
      expect(stored).not.toContain(part)
  })

  it('is gone with sign-out everywhere: the old cookie leads nowhere', async () => {
    const { sessions, cookie } = await setUp()
    await rotate(sessions, cookie)
    expect(await sessions.destroyByOwner('ada')).toBe(1)
    expect(await userOf(sessions, cookie)).toBe(undefined)
  })
})

describe('a request that rotates', () => {
  it('shows the new id once it is stored', async () => {
    const { sessions, cookie, id } = await setUp()
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.regenerate({ grace: 60 })
      expect(session.id).toBe(id)
      await handle.save()
      expect(session.id).not.toBe(id)
      return new Response()
    })
  })

  it('and one that changed the session at the same moment end up in one session, both with its cookie', async () => {
    const { sessions, cookie } = await setUp()
    const late = sessions.open(visit(cookie))
    ;(await late.write()).update('visits', (n = 0) => n + 1)
    const next = await rotate(sessions, cookie)
    const headers = new Headers()
    await sessions.commitHeaders(late, headers)
    expect(headers.getSetCookie()[0]?.split(';')[0]).toBe(next)
    expect((await sessions.read(visit(next))).toJSON()).toEqual({ user: 'ada', visits: 1 })
  })

  it('and another that does at the same moment end up in one session', async () => {
    const { sessions, cookie, store } = await setUp()
    store.delay(0, 3)
    const bothLoaded = gate()
    let loaded = 0
    const rotating = (): Promise<Response> =>
      sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.write()
        if (++loaded === 2) bothLoaded.open()
        await bothLoaded.opened
        session.update('visits', (n = 0) => n + 1)
        session.regenerate({ grace: 60 })
        return new Response()
      })
    const responses = await Promise.all([rotating(), rotating()])
    store.heal()
    const [one, two] = responses.map((response) => cookieAfter(response))
    expect(one).toBe(two)
    expect(await liveSessions(sessions)).toBe(1)
    expect((await sessions.read(visit(one))).get('visits')).toBe(2)
  })

  it('and changes privileges as well gives no grace, in whichever order', async () => {
    for (const order of [
      [{ grace: 60 }, {}],
      [{}, { grace: 60 }],
    ]) {
      const { sessions, cookie } = await setUp()
      await writing(sessions, cookie, (session) => {
        for (const options of order) session.regenerate(options)
      })
      expect(await userOf(sessions, cookie)).toBe(undefined)
      expect(await liveSessions(sessions)).toBe(1)
    }
  })

  it.each([
    [60, 600],
    [600, 60],
  ])('twice, with %i and %i seconds, gives the shorter grace', async (...graces) => {
    const { sessions, cookie, clock } = await setUp()
    await writing(sessions, cookie, (session) => {
      for (const grace of graces) session.regenerate({ grace })
    })
    clock.time += 59_000
    expect(await userOf(sessions, cookie)).toBe('ada')
    clock.time += 2000
    expect(await userOf(sessions, cookie)).toBe(undefined)
  })

  it.each([-1, Number.NaN, Infinity, '60', null, 60_000])('refuses a grace of %j', async (grace) => {
    const { sessions, cookie } = await setUp()
    await writing(sessions, cookie, (session) => {
      expect(() => session.regenerate({ grace: grace as number })).toThrow(TypeError)
    })
  })

  it('of less than a millisecond leads nowhere, also at a server whose clock is behind', async () => {
    const { store, sessions, cookie, clock } = await setUp()
    const behind = new SessionManager<Data>({ store, secret, now: () => clock.time - 500, idleTimeout: 1000 })
    const next = await rotate(sessions, cookie, Number.MIN_VALUE)
    expect(await userOf(behind, cookie)).toBe(undefined)
    expect(await userOf(behind, next)).toBe('ada')
  })

  it('with a CookieStore gets a new id, and no grace', async () => {
    const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const next = await rotate(sessions, cookie)
    expect((await sessions.read(visit(next))).id).not.toBe(id)
    expect(await userOf(sessions, next)).toBe('ada')
  })
})

describe('regenerate({ restart })', () => {
  it('counts the absolute limit anew, and createdAt is now, at once and later', async () => {
    const { sessions, cookie, clock } = await setUp()
    clock.passes(500)
    const now = new Date(clock.time)
    const next = cookieAfter(
      await writing(sessions, cookie, (session) => {
        session.regenerate({ restart: true })
        expect(session.createdAt).toEqual(now)
      }),
    )
    expect((await sessions.read(visit(next))).createdAt).toEqual(now)
  })
})
