import { describe, expect, it } from 'vitest'
import {
  CookieStore,
  MemoryStore,
  SessionCommittedError,
  SessionError,
  SessionManager,
  type SessionOptions,
  SessionTooLargeError,
} from '../index.js'
import { Clock } from '../testing/clock.js'
import { cryptoCalls } from '../testing/crypto-calls.js'
import { cookieAfter, maxAgeOf, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, writing } from '../testing/serve.js'
import { base64url, randomToken } from '../testing/sign.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  text: string
  blob: string
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const kilobyte = 'x'.repeat(1000)

/** The bytes of a cookie's value, as text in which plain words can be found. */
function decoded(cookie: string): string {
  const value = cookie.slice(cookie.indexOf('=') + 1)
  return atob(value.replaceAll('-', '+').replaceAll('_', '/'))
}

describe.each([
  ['encrypted', true],
  ['signed only', false],
])('a session that lives in its cookie, %s,', (_, encrypt) => {
  function setUp(options: Partial<SessionOptions<Data>> = {}) {
    const clock = new Clock()
    const managerOf = (other: Partial<SessionOptions<Data>> = {}) =>
      new SessionManager<Data>({ store: new CookieStore({ encrypt }), secret, now: clock.now, ...other })
    return { clock, managerOf, sessions: managerOf(options) }
  }

  it('comes back with data, id, owner and times in the next request', async () => {
    const { sessions, clock } = setUp()
    let id = ''
    const response = await writing(sessions, '', (session) => {
      session.set('user', 'ada').setOwner('ada lovelace')
      id = session.id
    })
    const session = await sessions.read(visit(cookieAfter(response)))
    expect(session.isNew).toBe(false)
    expect(session.toJSON()).toEqual({ user: 'ada' })
    expect(session.id).toBe(id)
    expect(session.id).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(session.owner).toBe('ada lovelace')
    expect(session.createdAt.getTime()).toBe(clock.time)
    expect(session.expiresAt.getTime()).toBe(clock.time + 86_400_000)
  })

  it('opens with another manager of the same secret: no server keeps anything', async () => {
    const { sessions, managerOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect((await managerOf().read(visit(cookie))).get('user')).toBe('ada')
  })

  it('keeps its id when it changes, and gets another when it regenerates', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const changed = cookieAfter(await writing(sessions, cookie, (session) => session.set('user', 'grace')))
    expect((await sessions.read(visit(changed))).id).toBe(id)
    const regenerated = cookieAfter(await writing(sessions, changed, (session) => session.regenerate()))
    const session = await sessions.read(visit(regenerated))
    expect(session.id).not.toBe(id)
    expect(session.get('user')).toBe('grace')
  })

  it('sends its cookie with every change, and none when it was only read', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
    expect(sessionCookies(await writing(sessions, cookie, (session) => session.set('user', 'ada')))).toEqual([])
    expect(sessionCookies(await writing(sessions, cookie, (session) => session.set('user', 'eve')))).toHaveLength(1)
  })

  it('sends no cookie as long as it is new and empty', async () => {
    const { sessions } = setUp()
    expect(sessionCookies(await writing(sessions, '', () => {}))).toEqual([])
  })

  it('sends the last state only, however often it was saved', async () => {
    const { sessions } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.set('user', 'a')
      await handle.save()
      session.set('user', 'b')
      await handle.save()
      session.set('text', 'c')
      return new Response()
    })
    expect(sessionCookies(response)).toHaveLength(1)
    expect((await sessions.read(visit(cookieAfter(response)))).toJSON()).toEqual({ user: 'b', text: 'c' })
  })

  it('with any character changed opens nothing, and is no error', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const start = cookie.indexOf('=') + 1
    for (let at = start; at < cookie.length; at++) {
      const other = alphabet[(alphabet.indexOf(cookie[at] as string) + 1) % 64]
      const session = await sessions.read(visit(`${cookie.slice(0, at)}${other}${cookie.slice(at + 1)}`))
      expect(session.isNew).toBe(true)
      expect(session.size).toBe(0)
    }
  })

  it('cut short or made longer opens nothing, and is no error', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    for (let end = cookie.indexOf('=') + 1; end < cookie.length; end++) {
      expect((await sessions.read(visit(cookie.slice(0, end)))).isNew).toBe(true)
    }
    for (const more of ['A', 'AA', 'AAAA', '=', '==', '.', '!', ' A', 'A'.repeat(5000)]) {
      expect((await sessions.read(visit(cookie + more))).isNew).toBe(true)
    }
  })

  it('made of rubbish opens nothing, and is no error', async () => {
    const { sessions } = setUp()
    for (const length of [1, 12, 27, 28, 29, 32, 33, 64, 3000]) {
      const value = base64url(crypto.getRandomValues(new Uint8Array(length)))
      expect((await sessions.read(visit(`__Host-sid=${value}`))).isNew).toBe(true)
    }
    expect((await sessions.read(visit(`__Host-sid=${randomToken()}.${randomToken()}`))).isNew).toBe(true)
  })

  it('is good under its own cookie name only', async () => {
    const { sessions, managerOf } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const admin = managerOf({ cookie: { name: 'admin' } })
    const renamed = cookie.replace('__Host-sid', 'admin')
    expect((await admin.read(visit(renamed))).isNew).toBe(true)
  })

  it('is no token cookie, and a token cookie is none of these, for the same secret and name', async () => {
    const { sessions } = setUp()
    const byToken = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const here = await sessions.issue({ user: 'ada' })
    const there = await byToken.issue({ user: 'ada' })
    expect((await byToken.read(visit(here.cookie))).isNew).toBe(true)
    expect((await sessions.read(visit(there.cookie))).isNew).toBe(true)
  })

  it('is not taken from the other kind of CookieStore', async () => {
    const { sessions, managerOf } = setUp()
    const { cookie } = await managerOf({ store: new CookieStore({ encrypt: !encrypt }) }).issue({ user: 'ada' })
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('of another secret opens nothing', async () => {
    const { sessions, managerOf } = setUp()
    const { cookie } = await managerOf({ secret: 'another secret of thirty-two bytes or so' }).issue({ user: 'eve' })
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('of an older secret opens, and is made with the first one at the next change', async () => {
    const { sessions, managerOf } = setUp()
    const fresh = 'the new secret, which is long enough as well'
    const { cookie, id } = await sessions.issue({ user: 'ada' })
    const both = managerOf({ secret: [fresh, secret] })
    expect((await both.read(visit(cookie))).get('user')).toBe('ada')
    const next = cookieAfter(await writing(both, cookie, (session) => session.set('user', 'grace')))
    const session = await managerOf({ secret: fresh }).read(visit(next))
    expect(session.get('user')).toBe('grace')
    expect(session.id).toBe(id)
  })

  it('ends by its own expiry, even if the client ignores Max-Age', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 1000 })
    const { cookie, setCookie } = await sessions.issue({ user: 'ada' })
    expect(maxAgeOf(setCookie)).toBe(1000)
    clock.passes(999.999)
    expect((await sessions.read(visit(cookie))).isNew).toBe(false)
    clock.passes(0.001)
    const session = await sessions.read(visit(cookie))
    expect(session.isNew).toBe(true)
    expect(session.size).toBe(0)
  })

  it('is extended by use, with a new cookie once a tenth of the idle time has gone by', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 1000 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    clock.passes(99)
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
    clock.passes(1)
    const response = await reading(sessions, cookie)
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(1000)
    clock.passes(950)
    expect((await sessions.read(visit(cookieAfter(response)))).get('user')).toBe('ada')
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('ends at the absolute limit, however much it is used', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 1000, absoluteTimeout: 2500 })
    let { cookie } = await sessions.issue({ user: 'ada' })
    for (let second = 0; second < 2500; second += 500) {
      cookie = cookieAfter(await reading(sessions, cookie), cookie)
      clock.passes(500)
    }
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('has a lifetime of its own if it was given one', async () => {
    const { sessions, clock } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const response = await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    expect(maxAgeOf(sessionCookies(response)[0])).toBe(60)
    clock.passes(60)
    expect((await sessions.read(visit(cookieAfter(response)))).isNew).toBe(true)
  })

  it('is gone from the browser with destroy()', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const response = await writing(sessions, cookie, (session) => session.destroy())
    expect(sessionCookies(response)).toHaveLength(1)
    expect(sessionCookies(response)[0]).toMatch(/^__Host-sid=; Max-Age=0; /)
    expect(cookieAfter(response, cookie)).toBe('')
  })

  it('can not be changed once its response is committed: the change could not be sent', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = visit(cookie)
    const handle = sessions.open(request)
    const before = await handle.write()
    await sessions.commit(request, new Response())
    expect(() => before.set('user', 'eve')).toThrow(SessionCommittedError)
    const late = await handle.write()
    expect(late.get('user')).toBe('ada')
    expect(() => late.set('user', 'eve')).toThrow(SessionCommittedError)
    expect(() => late.destroy()).toThrow(SessionCommittedError)
  })

  it('has a cookie of 4096 bytes, name and value together, and not one more', async () => {
    // Three bytes make four characters, so not every length exists: of names of four lengths, one makes 4096.
    const lengths: number[] = []
    for (const cookieName of ['sid', 'sid2', 'sid23', 'sid234']) {
      const sessions = setUp({ cookie: { name: cookieName } }).sessions
      const cookieOf = async (length: number) => (await sessions.issue({ text: 'x'.repeat(length) })).cookie
      let [fits, isTooLong] = [2000, 4096]
      while (isTooLong - fits > 1) {
        const length = Math.floor((fits + isTooLong) / 2)
        await cookieOf(length).then(
          () => {
            fits = length
          },
          () => {
            isTooLong = length
          },
        )
      }
      const cookie = await cookieOf(fits)
      expect((await sessions.read(visit(cookie))).get('text')).toHaveLength(fits)
      lengths.push(cookie.replace('=', '').length)
      await expect(cookieOf(isTooLong)).rejects.toThrow(SessionTooLargeError)
      await expect(cookieOf(isTooLong)).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
    }
    expect(Math.max(...lengths)).toBe(4096)
  })

  it('that is too large fails the request, and the browser keeps the cookie from before', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const writes = writing(sessions, cookie, (session) => session.set('text', kilobyte.repeat(4)))
    await expect(writes).rejects.toThrow(SessionTooLargeError)
    await expect(sessions.issue({ text: kilobyte.repeat(4) })).rejects.toThrow(SessionTooLargeError)
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
  })

  it.each(['set', 'regenerate'] as const)(
    'that is too large with %s() is as it was, after a save that rejects',
    async (how) => {
      const { sessions } = setUp()
      const { cookie, id } = await sessions.issue({ user: 'ada' })
      const response = await sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.write()
        const save = handle.save((session) => {
          session.set('text', kilobyte.repeat(4))
          if (how === 'regenerate') session.regenerate()
        })
        await expect(save).rejects.toThrow(SessionTooLargeError)
        session.set('blob', 'small')
        return new Response()
      })
      const session = await sessions.read(visit(cookieAfter(response)))
      expect(session.toJSON()).toEqual({ user: 'ada', blob: 'small' })
      expect(session.id).toBe(id)
    },
  )

  it('that is too large is told by save(), and is saved once it is small enough', async () => {
    const { sessions } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.set('user', 'ada').set('text', kilobyte.repeat(4))
      await expect(handle.save()).rejects.toThrow(SessionTooLargeError)
      session.delete('text')
      return new Response()
    })
    expect((await sessions.read(visit(cookieAfter(response)))).toJSON()).toEqual({ user: 'ada' })
  })

  it('keeps its cookie where that has no room for the note of a use', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 1000, absoluteTimeout: 1500 })
    let text = ''
    let cookie = ''
    for (let length = 2000; length < 3000; length++) {
      const issued = await sessions.issue({ text: 'x'.repeat(length) }).catch(() => undefined)
      if (issued === undefined) break
      text = 'x'.repeat(length)
      cookie = issued.cookie
    }
    // From here on the absolute limit holds its expiry, and the use is a note of its own.
    clock.passes(600)
    const response = await reading(sessions, cookie, (session) => expect(session.get('text')).toBe(text))
    expect(sessionCookies(response)).toEqual([])
    const change = writing(sessions, cookie, (session) => session.set('user', 'ada'))
    await expect(change).rejects.toThrow(SessionTooLargeError)
    expect((await sessions.read(visit(cookie))).get('text')).toBe(text)
  })

  it('is sealed once, however often it was saved', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const calls = await cryptoCalls(() =>
      sessions.handle(visit(cookie), async (handle) => {
        for (const text of ['a', 'b', 'c']) await handle.save((session) => session.set('text', text))
        ;(await handle.write()).regenerate()
        return new Response()
      }),
    )
    expect(calls).toEqual(encrypt ? ['decrypt', 'encrypt'] : ['verify', 'sign'])
  })

  it('is measured in bytes: text that is not ASCII takes more room', async () => {
    const { sessions } = setUp()
    await expect(sessions.issue({ text: 'x'.repeat(1500) })).resolves.toBeDefined()
    await expect(sessions.issue({ text: '€'.repeat(1500) })).rejects.toThrow(SessionTooLargeError)
  })

  it('can not be found by id or owner: that is a SessionError which says so', async () => {
    const { sessions } = setUp()
    const { id } = await sessions.issue({ user: 'ada' }, { owner: 'ada' })
    for (const call of [
      () => sessions.destroy(id),
      () => sessions.listByOwner('ada'),
      () => sessions.destroyByOwner('ada'),
      () => sessions.deleteExpired(),
      () => sessions.clear(),
    ]) {
      await expect(call()).rejects.toThrow(SessionError)
      await expect(call()).rejects.toMatchObject({ code: 'ERR_SESSION_UNSUPPORTED' })
    }
  })
})

describe('an encrypted cookie', () => {
  const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })

  it('shows neither data, keys, owner nor id', async () => {
    const { cookie, id } = await sessions.issue({ user: 'ada lovelace' }, { owner: 'owner of it' })
    for (const word of ['ada', 'user', 'owner', id, 'createdAt', 'data']) {
      expect(decoded(cookie)).not.toContain(word)
      expect(cookie).not.toContain(word)
    }
  })

  it('is the default of the CookieStore', async () => {
    const { cookie } = await sessions.issue({ user: 'ada' })
    const encrypted = new SessionManager<Data>({ store: new CookieStore({ encrypt: true }), secret })
    expect((await encrypted.read(visit(cookie))).get('user')).toBe('ada')
  })

  it('is another one each time, for the same data', async () => {
    const { cookie } = await sessions.issue({ user: 'ada' })
    const twice = [0, 1].map(() => writing(sessions, cookie, (session) => session.set('user', 'grace')))
    const [a, b] = (await Promise.all(twice)).map((response) => cookieAfter(response))
    expect(a).not.toBe(b)
    expect(decoded(a as string).slice(0, 12)).not.toBe(decoded(b as string).slice(0, 12))
  })
})

describe('a cookie that is signed only', () => {
  it('shows its data to the visitor, as its name says, and no secret', async () => {
    const sessions = new SessionManager<Data>({ store: new CookieStore({ encrypt: false }), secret })
    const { cookie } = await sessions.issue({ user: 'ada lovelace' })
    expect(decoded(cookie)).toContain('ada lovelace')
    expect(decoded(cookie)).not.toContain(secret)
  })
})

describe('requests that change one cookie session at once', () => {
  it('each send a cookie with their own change in it', async () => {
    const sessions = new SessionManager<Record<string, number>>({ store: new CookieStore(), secret })
    const { cookie } = await sessions.issue({ visits: 0 })
    const keys = ['a', 'b', 'c', 'd', 'e']
    const requests = await Promise.all(
      keys.map(async (key) => {
        const request = visit(cookie)
        ;(await sessions.write(request)).set(key, 1)
        return request
      }),
    )
    const responses = await Promise.all(requests.map((request) => sessions.commit(request, new Response())))
    for (const [index, response] of responses.entries()) {
      const session = await sessions.read(visit(cookieAfter(response)))
      expect(session.get(keys[index] as string)).toBe(1)
    }
  })
})

describe('a cookie session that was destroyed', () => {
  it('does not come back to the handle of its request', async () => {
    const sessions = new SessionManager<{ user: string }>({ store: new CookieStore(), secret })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = visit(cookie)
    await sessions.handle(request, async (handle) => {
      ;(await handle.write()).destroy()
      return new Response()
    })
    const session = await sessions.read(request)
    expect(session.has('user')).toBe(false)
  })
})

describe('a cookie session of a megabyte', () => {
  it('is refused with the same error as one that is a little too large', async () => {
    const sessions = new SessionManager<{ text: string }>({ store: new CookieStore(), secret })
    await expect(sessions.issue({ text: 'x'.repeat(1_000_000) })).rejects.toThrow(SessionTooLargeError)
  })
})

describe('data over the limit of a cookie', () => {
  it('is a clear error, and no half of it is sent', async () => {
    const sessions = new SessionManager<Data>({ store: new CookieStore(), secret })
    const handled = sessions.handle(visit(), async (handle) => {
      // Random, so that no compression could help.
      ;(await handle.write()).set('blob', Array.from({ length: 100 }, randomToken).join())
      return new Response()
    })
    await expect(handled).rejects.toMatchObject({ code: 'ERR_SESSION_TOO_LARGE' })
  })
})
