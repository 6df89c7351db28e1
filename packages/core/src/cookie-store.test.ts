import { describe, expect, it } from 'vitest'
import {
  CookieStore,
  SessionCommittedError,
  type SessionEvent,
  SessionManager,
  type SessionOptions,
  SessionTooLargeError,
} from './index.js'
import { Clock, maxAgeOf, reading, writing } from './testing/serve.js'
import { cookieAfter, sessionCookies, visit } from './testing/visit.js'

interface Data {
  user: string
  visits: number
  note: string
}

const secret = 'one secret of thirty-two bytes, ok'

describe.each([
  ['encrypted', true],
  ['signed only', false],
])('a session in its cookie, %s,', (_name, encrypt) => {
  const setUp = (options: Partial<SessionOptions<Data>> = {}) => {
    const clock = new Clock()
    const events: SessionEvent[] = []
    const sessions = new SessionManager<Data>({
      store: new CookieStore({ encrypt }),
      secret,
      now: clock.now,
      onEvent: (event) => events.push(event),
      ...options,
    } as SessionOptions<Data>)
    return { sessions, clock, events }
  }

  it('comes back with its data, its id and its times', async () => {
    const { sessions, clock } = setUp()
    let id = ''
    const first = await writing(sessions, '', (session) => {
      session.set('user', 'Ada Łovelace 🧮')
      id = session.id
    })
    clock.passes(60)
    const session = await sessions.read(visit(cookieAfter(first)))
    expect(session.toJSON()).toEqual({ user: 'Ada Łovelace 🧮' })
    expect([session.id, session.isNew, session.owner]).toEqual([id, false, undefined])
    expect(session.createdAt.getTime()).toBe(clock.time - 60_000)
  })

  it('sends its cookie again with each change, since the cookie is where it is kept', async () => {
    const { sessions } = setUp()
    const first = await writing(sessions, '', (session) => session.set('visits', 1))
    const second = await writing(sessions, cookieAfter(first), (session) => session.set('visits', 2))
    expect(sessionCookies(second)).toHaveLength(1)
    expect((await sessions.read(visit(cookieAfter(second)))).get('visits')).toBe(2)
  })

  it('sends no cookie when it was only read', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
  })

  it('does not open when any character of it was changed [B43]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const from = cookie.indexOf('=') + 1
    for (let at = from; at < cookie.length; at++) {
      const other = cookie[at] === 'A' ? 'B' : 'A'
      const session = await sessions.read(visit(cookie.slice(0, at) + other + cookie.slice(at + 1)))
      expect([at, session.isNew, session.size]).toEqual([at, true, 0])
    }
  })

  it('does not open under another cookie name [B51]', async () => {
    const { sessions } = setUp({ cookie: { name: '__Host-a' } })
    const other = setUp({ cookie: { name: '__Host-b' } }).sessions
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect((await other.read(visit(cookie.replace('__Host-a', '__Host-b')))).isNew).toBe(true)
  })

  it.each([
    '',
    '.',
    'A',
    'AAAA',
    'a'.repeat(43),
    `${'a'.repeat(43)}.${'a'.repeat(43)}`,
    '{"id":1}',
    'a'.repeat(10_000),
  ])('does not open from rubbish (%#) [B46]', async (value) => {
    const { sessions } = setUp()
    expect((await sessions.read(visit(`__Host-sid=${value}`))).isNew).toBe(true)
  })

  it('opens under an older secret, and is closed with the newest when it is next changed [B57, B59]', async () => {
    const old = setUp({ secret: 'the older secret, of 32 bytes too' }).sessions
    const both = setUp({ secret: [secret, 'the older secret, of 32 bytes too'] }).sessions
    const { cookie } = await old.issue({ visits: 1 })
    const response = await writing(both, cookie, (session) => session.update('visits', (n = 0) => n + 1))
    const session = await setUp().sessions.read(visit(cookieAfter(response)))
    expect(session.get('visits')).toBe(2)
  })

  it('is dead from its very last millisecond on, whatever the browser still sends [B104, B106]', async () => {
    const { sessions, clock, events } = setUp({ idleTimeout: 100 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    clock.time += 99_999
    expect((await sessions.read(visit(cookie))).isNew).toBe(false)
    clock.time += 1
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect(events.at(-1)).toMatchObject({ type: 'rejected', reason: 'expired' })
  })

  it('lives on when it is read, with a new cookie each tenth of the idle timeout', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 100 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    clock.passes(50)
    const response = await reading(sessions, cookie)
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(100)
    clock.passes(99)
    expect((await sessions.read(visit(cookieAfter(response)))).get('user')).toBe('ada')
  })

  it('gets a new id from regenerate, and keeps its data', async () => {
    const { sessions } = setUp()
    const issued = await sessions.issue({ user: 'ada' })
    const response = await writing(sessions, issued.cookie, (session) => session.regenerate())
    const session = await sessions.read(visit(cookieAfter(response)))
    expect(session.get('user')).toBe('ada')
    expect(session.id).not.toBe(issued.id)
  })

  it('is taken from the browser by destroy', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const response = await writing(sessions, cookie, (session) => session.destroy())
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(0)
  })

  it('may fill 4096 bytes with its name, and is refused when it is larger, before anything is sent [B36, B171]', async () => {
    const { sessions } = setUp()
    const sizeWith = async (length: number): Promise<number> => {
      const { cookie } = await sessions.issue({ note: 'x'.repeat(length) })
      return cookie.length - '='.length
    }
    let length = 4096 - (await sizeWith(0))
    while (
      length > 0 &&
      !(await sizeWith(length).then(
        () => true,
        () => false,
      ))
    )
      length--
    expect(await sizeWith(length)).toBeGreaterThan(4090)
    expect(await sizeWith(length)).toBeLessThanOrEqual(4096)
    await expect(sizeWith(length + 3)).rejects.toThrow(SessionTooLargeError)
    await expect(writing(sessions, '', (session) => session.set('note', 'x'.repeat(5000)))).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_TOO_LARGE' }),
    )
  })

  it('can not be changed after the response was committed, since no cookie could be sent', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = visit(cookie)
    await sessions.handle(request, async (handle) => {
      await handle.read()
      return new Response()
    })
    const session = await sessions.write(request)
    expect(session.get('user')).toBe('ada')
    expect(() => session.set('user', 'eve')).toThrow(SessionCommittedError)
  })

  it('offers no sign-out from the server, and says so', async () => {
    const { sessions } = setUp()
    await expect(sessions.destroy('any')).rejects.toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNSUPPORTED' }))
    await expect(sessions.destroyByOwner('ada')).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_UNSUPPORTED' }),
    )
  })

  it(encrypt ? 'shows nothing of its data' : 'shows its data to its owner', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada-lovelace' })
    const value = cookie.slice(cookie.indexOf('=') + 1)
    const bytes = atob(value.replaceAll('-', '+').replaceAll('_', '/'))
    expect(bytes.includes('ada-lovelace')).toBe(!encrypt)
  })
})

it('two closings of one content differ, so that equal sessions can not be told', async () => {
  const sessions = new SessionManager<Data>({ store: new CookieStore(), secret, now: () => 0 })
  const [one, two] = [await sessions.issue({ user: 'ada' }), await sessions.issue({ user: 'ada' })]
  expect(one.cookie).not.toBe(two.cookie)
})
