import { afterEach, describe, expect, it, vi } from 'vitest'
import { CookieStore, MemoryStore, type Secret, type SessionEvent, SessionManager } from '../index.js'
import { Clock } from '../testing/clock.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, regenerate, signOut, writing } from '../testing/serve.js'
import { randomToken } from '../testing/sign.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
}

const forged = (): string => `__Host-sid=${randomToken()}.${randomToken()}`

function setUp(secrets: Secret | readonly Secret[] = secret) {
  const store = new MemoryStore()
  const events: SessionEvent[] = []
  const clock = new Clock()
  const make = (secrets: Secret | readonly Secret[]): SessionManager<Data> =>
    new SessionManager<Data>({
      store,
      secret: secrets,
      now: clock.now,
      idleTimeout: 1000,
      onEvent: (event) => events.push(event),
    })
  const sessions = make(secrets)
  const userOf = async (header: string): Promise<string | undefined> => (await sessions.read(visit(header))).get('user')
  return { store, events, clock, make, sessions, userOf }
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** As many as a manager takes. */
const eight = Array.from({ length: 8 }, (_, index) => `secret number ${index}, ${secret}`)

/** How often `name` of WebCrypto is called while `work` runs. */
async function countOf(name: 'verify' | 'decrypt', work: () => Promise<unknown>): Promise<number> {
  const spy = vi.spyOn(crypto.subtle, name)
  await work()
  const count = spy.mock.calls.length
  spy.mockRestore()
  return count
}

describe('the cookies of one request', () => {
  const counts = [1, 2, 3, 5, 8, 9, 100]

  it.each(counts)('have at most eight MACs verified, however many secrets there are: %d cookies', async (count) => {
    const { sessions } = setUp(eight)
    const header = Array.from({ length: count }, forged).join('; ')
    expect(await countOf('verify', () => sessions.read(visit(header)))).toBe(8)
    // What is rejected leaves nothing behind by which it would cost less or more.
    expect(await countOf('verify', () => sessions.read(visit(header)))).toBe(8)
  })

  it.each(counts)('are decrypted at most eight times by a CookieStore: %d cookies', async (count) => {
    const header = Array.from({ length: count }, () => `__Host-sid=${randomToken().repeat(4)}`).join('; ')
    for (const [encrypt, call] of [[true, 'decrypt'] as const, [false, 'verify'] as const]) {
      const sessions = new SessionManager<Data>({ store: new CookieStore({ encrypt }), secret: eight })
      expect(await countOf(call, () => sessions.read(visit(header)))).toBe(8)
    }
  })

  it.each(counts)('have a signer of one’s own asked at most eight times: %d cookies', async (count) => {
    const verify = vi.fn(() => false)
    const signer = () => ({ sign: () => new Uint8Array(32), verify, succeed: () => new Uint8Array(32) })
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret: eight, signer })
    await sessions.read(visit(Array.from({ length: count }, forged).join('; ')))
    expect(verify).toHaveBeenCalledTimes(8)
  })

  it('lead to a session of the oldest of eight secrets, where there is one cookie alone', async () => {
    const { userOf, make } = setUp(eight)
    const { cookie } = await make(eight.slice(7)).issue({ user: 'ada' })
    expect(await userOf(cookie)).toBe('ada')
  })
})

describe('several cookies of one name', () => {
  it('are all tried with the newest secret before one is with an older', async () => {
    const { userOf, sessions } = setUp([secret, `older ${secret}`, `oldest ${secret}`])
    const { cookie } = await sessions.issue({ user: 'ada' })
    const forgeries = Array.from({ length: 7 }, forged).join('; ')
    expect(await userOf(`${forgeries}; ${cookie}`)).toBe('ada')
  })

  it('lead to the one of an older secret, too', async () => {
    const { userOf, make } = setUp([secret, `older ${secret}`])
    const { cookie } = await make(`older ${secret}`).issue({ user: 'ada' })
    expect(await userOf(`${forged()}; ${cookie}`)).toBe('ada')
  })
})

describe('a dead cookie that verifies', () => {
  const deaths: [string, (setting: ReturnType<typeof setUp>) => Promise<string>][] = [
    [
      'signed out',
      async ({ sessions }) => {
        const { cookie } = await sessions.issue({ user: 'old' })
        await signOut(sessions, cookie)
        return cookie
      },
    ],
    [
      'superseded',
      async ({ sessions }) => {
        const { cookie } = await sessions.issue({ user: 'old' })
        await regenerate(sessions, cookie)
        return cookie
      },
    ],
    [
      'expired',
      async ({ sessions, clock }) => {
        const { cookie } = await sessions.issue({ user: 'old' })
        clock.passes(1000)
        return cookie
      },
    ],
  ]

  it.each(deaths)('does not hide a live one behind it: %s', async (_, die) => {
    const setting = setUp()
    const dead = await die(setting)
    const { cookie, id } = await setting.sessions.issue({ user: 'ada' })
    expect(await setting.userOf(`${dead}; ${cookie}`)).toBe('ada')
    expect(await setting.userOf(`${cookie}; ${dead}`)).toBe('ada')
    const response = await writing(setting.sessions, `${dead}; ${cookie}`, (session) => {
      expect(session.id).toBe(id)
      session.set('user', 'grace')
    })
    expect(sessionCookies(response)).toEqual([])
    expect(await setting.userOf(cookie)).toBe('grace')
  })

  it('hides nobody from a sign-in: with it alone, a new session starts and its cookie goes out', async () => {
    const setting = setUp()
    const { cookie } = await setting.sessions.issue({ user: 'old' })
    await signOut(setting.sessions, cookie)
    const response = await writing(setting.sessions, `${cookie}; ${forged()}`, (session) => session.set('user', 'ada'))
    expect(await setting.userOf(`${cookie}; ${cookieAfter(response)}`)).toBe('ada')
  })
})

describe('a cookie of an id that was superseded', () => {
  it('shows an empty session that can not be stored: changes are dropped with an event, no cookie goes out', async () => {
    const { sessions, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    await regenerate(sessions, cookie)
    const before = store.size
    events.length = 0
    const response = await writing(sessions, cookie, (session) => {
      expect([session.isNew, session.size, session.owner]).toEqual([true, 0, undefined])
      session.set('user', 'late')
    })
    expect(sessionCookies(response)).toEqual([])
    expect(store.size).toBe(before)
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'superseded' }))
    expect(store.load(id)?.data).toBe('')
  })

  it('signs nobody out by destroy(): nothing ends, and no cookie is removed', async () => {
    const { sessions, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const next = cookieAfter(await regenerate(sessions, cookie))
    expect(sessionCookies(await signOut(sessions, cookie))).toEqual([])
    expect(await userOf(next)).toBe('ada')
  })

  it('lets whoever missed the answer to the sign-in sign in again', async () => {
    const { sessions, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'guest' })
    const lost = cookieAfter(await writing(sessions, cookie, (session) => session.set('user', 'ada').regenerate()))
    const response = await writing(sessions, cookie, (session) => {
      session.regenerate()
      session.set('user', 'ada')
    })
    const again = cookieAfter(response)
    expect(await userOf(again)).toBe('ada')
    expect(again).not.toBe(lost)
  })

  it('starts a session of its own once the marker is gone', async () => {
    const { sessions, clock, userOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    await regenerate(sessions, cookie)
    clock.passes(29.999)
    expect(sessionCookies(await writing(sessions, cookie, (session) => session.set('user', 'x')))).toEqual([])
    clock.passes(0.001)
    const response = await writing(sessions, cookie, (session) => session.set('user', 'y'))
    expect(await userOf(cookieAfter(response))).toBe('y')
  })

  it.each(['existing', 'always'] as const)('stores nothing under "%s" either', async (persistence) => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret, persistence })
    const { cookie } = await sessions.issue({ user: 'ada' })
    await regenerate(sessions, cookie)
    const before = store.size
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
    expect(store.size).toBe(before)
  })
})
