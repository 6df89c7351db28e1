import { describe, expect, it } from 'vitest'
import { type CookieOptions, CookieStore, MemoryStore, type SessionEvent, SessionManager } from '../index.js'
import { Clock } from '../testing/clock.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, signOut, writing } from '../testing/serve.js'
import { visit } from '../testing/visit.js'

interface Data {
  visits: number
}

const store = new MemoryStore()

/** A manager of one application, as it is configured today. */
function manager(cookie: CookieOptions = {}, clock = new Clock()): SessionManager<Data> {
  return new SessionManager<Data>({ store, secret, cookie, now: clock.now, idleTimeout: 1000 })
}

const count = (sessions: SessionManager<Data>, cookie: string): Promise<Response> =>
  writing(sessions, cookie, (session) => session.update('visits', (n = 0) => n + 1))

/** The lines of a response that set or remove this cookie. */
const linesOf = (response: Response, name: string): string[] =>
  response.headers.getSetCookie().filter((line) => line.startsWith(`${name}=`))

describe('cookie.domain as a function', () => {
  const cookie: CookieOptions = {
    domain: (request) => request && new URL(request.url).hostname.split('.').slice(-2).join('.'),
  }
  const to = (url: string, header = ''): Request => new Request(url, { headers: { cookie: header } })
  const counting = (sessions: SessionManager<Data>, request: Request): Promise<Response> =>
    sessions.handle(request, async (handle) => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      return new Response()
    })

  it('serves one application on many hosts, and the name is __Secure-sid', async () => {
    const sessions = manager(cookie)
    for (const host of ['shop.example', 'forum.test']) {
      const response = await counting(sessions, to(`https://www.${host}/`))
      expect(response.headers.getSetCookie()).toEqual([
        expect.stringMatching(`^__Secure-sid=.*; Domain=${host}; Secure`),
      ])
    }
  })

  it('removes the cookie where it was set', async () => {
    const sessions = manager(cookie)
    const header = cookieAfter(await counting(sessions, to('https://a.shop.example/')), '', '__Secure-sid')
    const response = await sessions.handle(to('https://b.shop.example/', header), async (handle) => {
      ;(await handle.write()).destroy()
      return new Response()
    })
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/Max-Age=0;.*; Domain=shop\.example;/)])
  })

  it('is given no request where there is none', async () => {
    const asked: unknown[] = []
    const sessions = manager({
      domain: (request) => {
        asked.push(request)
        return undefined
      },
    })
    await sessions.issue({ visits: 1 })
    const handle = sessions.open('')
    ;(await handle.write()).set('visits', 1)
    await sessions.commitHeaders(handle, new Headers())
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.every((request) => request === undefined)).toBe(true)
  })

  it.each(['a b', '', 'evil.example; Path=/', 5, null])(
    'that gives %j is a TypeError, and no such cookie goes out',
    async (domain) => {
      let given: unknown
      const sessions = manager({ domain: () => given as string })
      // Also once it has given none, for the very host.
      await count(sessions, '')
      given = domain
      await expect(count(sessions, '')).rejects.toThrow(TypeError)
      await expect(count(sessions, '')).rejects.toThrow(/cookie\.domain/)
    },
  )

  const ofHost: CookieOptions = { domain: (request) => request && new URL(request.url).hostname }

  it.each(['my_app.example', '_dev.shop.example', 'pr_1', '127.0.0.1'])('serves the host %s', async (host) => {
    const response = await counting(manager(ofHost), to(`https://${host}/`))
    expect(linesOf(response, '__Secure-sid')).toEqual([expect.stringContaining(`; Domain=${host};`)])
  })

  it.each(['[::1]:3000', '[2001:db8::a]', 'shop.example.'])(
    'is as none for a visitor of %s: a cookie of an address, or of a name with its root, is for one host anyway',
    async (host) => {
      const response = await counting(manager(ofHost), to(`https://${host}/`))
      expect(linesOf(response, '__Secure-sid')).toEqual([expect.not.stringContaining('Domain')])
    },
  )

  it.each(['[FE80::A]', '[::ffff:10.0.0.1]'])('is as none for %s, as a Host header may spell it', async (host) => {
    const response = await counting(manager({ domain: () => host }), to('https://shop.example/'))
    expect(linesOf(response, '__Secure-sid')).toEqual([expect.not.stringContaining('Domain')])
  })
})

describe('cookie.retired', () => {
  it('removes the cookie of another name with the next Set-Cookie, and only where the request brought one', async () => {
    const sessions = manager({ retired: [{ name: 'sid', domain: 'example.com', path: '/app' }] })
    const bringing = await count(sessions, 'sid=from-last-year')
    expect(linesOf(bringing, 'sid')).toEqual([
      'sid=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/app; Domain=example.com; Secure; HttpOnly; SameSite=Lax',
    ])
    expect(linesOf(bringing, '__Host-sid')).toHaveLength(1)
    expect(linesOf(await count(sessions, 'other=1; xsid=2'), 'sid')).toEqual([])
    // No Set-Cookie of ours is due.
    expect(linesOf(await reading(sessions, 'sid=from-last-year'), 'sid')).toEqual([])
  })

  it('removes one of today’s name at another place, where two came or the one was sent with other attributes', async () => {
    const before = manager({ name: '__Secure-id', domain: 'example.com' })
    const today = manager({ name: '__Secure-id', retired: [{ domain: 'example.com' }] })
    const { cookie } = await before.issue({ visits: 1 })
    const moved = await count(today, cookie)
    expect(linesOf(moved, '__Secure-id').map((line) => /Max-Age=0/.test(line))).toEqual([true, false])
    expect(linesOf(moved, '__Secure-id')[0]).toContain('; Domain=example.com')
    const renewed = cookieAfter(moved, '', '__Secure-id')
    // It is at today's place now: nothing is removed any more.
    expect(linesOf(await count(today, renewed), '__Secure-id')).toEqual([])
    const both = await writing(today, `${renewed}; __Secure-id=planted`, (session) => session.regenerate())
    expect(linesOf(both, '__Secure-id').filter((line) => /Max-Age=0/.test(line))).toHaveLength(1)
  })

  it('goes with a sign-out as well', async () => {
    const sessions = manager({ retired: [{ name: 'sid' }] })
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await signOut(sessions, `${cookie}; sid=old`)
    expect(response.headers.getSetCookie().map((line) => line.split(';').slice(0, 2).join(';'))).toEqual([
      'sid=; Max-Age=0',
      '__Host-sid=; Max-Age=0',
    ])
  })

  it('leaves out the place of today, where that depends on the request', async () => {
    const sessions = manager({
      name: '__Secure-id',
      retired: [{}, { domain: 'old.example' }],
      domain: (request) => (request?.url.includes('shop.example') ? 'shop.example' : undefined),
    })
    const removedAt = async (url: string): Promise<(string | undefined)[]> => {
      const request = new Request(url, { headers: { cookie: '__Secure-id=old' } })
      const response = await sessions.handle(request, async (handle) => {
        ;(await handle.write()).set('visits', 1)
        return new Response()
      })
      const lines = linesOf(response, '__Secure-id').filter((line) => /Max-Age=0/.test(line))
      return lines.map((line) => line.match(/Domain=([^;]+)/)?.[1])
    }
    expect(await removedAt('https://www.shop.example/')).toEqual([undefined, 'old.example'])
    expect(await removedAt('https://preview.example/')).toEqual(['old.example'])
    expect((await sessions.issue({ visits: 1 })).setCookie).not.toContain('Domain')
  })

  it('removes a partitioned one with Secure and Partitioned, since it would not match else', async () => {
    const sessions = manager({ secure: false, retired: [{ partitioned: true }] })
    const response = await count(sessions, 'sid=old')
    expect(linesOf(response, 'sid')[0] ?? '').toMatch(/^sid=; Max-Age=0;.*; Secure;.*; Partitioned/)
  })
})

describe('cookie attributes that were changed by configuration', () => {
  const changes: [string, CookieOptions, CookieOptions, RegExp][] = [
    ['sameSite', {}, { sameSite: 'strict' }, /SameSite=Strict/],
    ['persistent', {}, { persistent: false }, /^(?!.*Max-Age)/],
    ['persistent, back again', { persistent: false }, {}, /Max-Age=/],
    ['httpOnly', {}, { httpOnly: false }, /^(?!.*HttpOnly)/],
    ['priority', {}, { priority: 'high' }, /Priority=High/],
    ['path', { name: '__Secure-sid', path: '/app' }, { name: '__Secure-sid' }, /Path=\/;/],
    ['secure', { name: 'id', secure: false }, { name: 'id' }, /; Secure/],
    ['secure, back again', { name: 'id' }, { name: 'id', secure: false }, /^(?!.*Secure)/],
    ['domain', { name: '__Secure-sid' }, { name: '__Secure-sid', domain: 'example.com' }, /; Domain=example\.com/],
    ['domain, back again', { name: '__Secure-sid', domain: 'example.com' }, { name: '__Secure-sid' }, /^(?!.*Domain)/],
    [
      'domain, as a function',
      { name: '__Secure-sid' },
      { name: '__Secure-sid', domain: () => 'example.com' },
      /; Domain=example\.com/,
    ],
    ['partitioned', {}, { partitioned: true }, /; Partitioned/],
    ['partitioned, back again', { partitioned: true }, {}, /^(?!.*Partitioned)/],
  ]

  it.each(changes)('reach a returning visitor with the next write, once: %s', async (_, before, after, line) => {
    const today = manager(after)
    const { cookie } = await manager(before).issue({ visits: 1 })
    const [sent, ...more] = (await count(today, cookie)).headers.getSetCookie()
    expect(more).toEqual([])
    expect(sent).toMatch(line)
    // The session is the same one, and nothing is due any more.
    expect((await count(today, cookie)).headers.getSetCookie()).toEqual([])
    expect((await today.read(visit(cookie))).get('visits')).toBe(3)
  })

  it.each(changes)('reach one who only reads with the next touch: %s', async (_, before, after, line) => {
    const clock = new Clock()
    const { cookie } = await manager(before, clock).issue({ visits: 1 })
    const today = manager(after, clock)
    expect((await reading(today, cookie)).headers.getSetCookie()).toEqual([])
    clock.passes(100)
    expect((await reading(today, cookie)).headers.getSetCookie()).toEqual([expect.stringMatching(line)])
    clock.passes(1)
    expect((await reading(today, cookie)).headers.getSetCookie()).toEqual([])
  })

  describe.each([
    ['encrypted', true],
    ['signed', false],
  ])('of a CookieStore, %s,', (_kind, encrypt) => {
    const sealed = (cookie: CookieOptions, clock = new Clock()): SessionManager<Data> => {
      const store = new CookieStore({ encrypt })
      return new SessionManager<Data>({ store, secret, cookie, now: clock.now, idleTimeout: 1000 })
    }

    it.each(changes)('reach a returning visitor with the next write: %s', async (_, before, after, line) => {
      const today = sealed(after)
      const { cookie } = await sealed(before).issue({ visits: 1 })
      const response = await count(today, cookie)
      expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(line)])
      const renewed = response.headers.getSetCookie()[0]?.split(';')[0] as string
      expect((await today.read(visit(renewed))).get('visits')).toBe(2)
    })

    it.each(changes)('reach one who only reads with the next touch, once: %s', async (_, before, after, line) => {
      const clock = new Clock()
      const { cookie } = await sealed(before, clock).issue({ visits: 1 })
      const today = sealed(after, clock)
      expect((await reading(today, cookie)).headers.getSetCookie()).toEqual([])
      clock.passes(100)
      const lines = (await reading(today, cookie)).headers.getSetCookie()
      expect(lines).toEqual([expect.stringMatching(line)])
      clock.passes(1)
      expect((await reading(today, lines[0]?.split(';')[0] as string)).headers.getSetCookie()).toEqual([])
    })
  })
})

describe('what the manager tells of its cookie', () => {
  it('is how it is set', () => {
    expect(manager().cookie).toEqual({
      name: '__Host-sid',
      path: '/',
      sameSite: 'lax',
      partitioned: false,
      hostOnly: true,
    })
    expect(manager({ domain: () => 'shop.example', path: '/app', sameSite: 'none', partitioned: true }).cookie).toEqual(
      {
        name: '__Secure-sid',
        path: '/app',
        sameSite: 'none',
        partitioned: true,
        hostOnly: false,
      },
    )
  })
})

describe.each([
  ['encrypted', {}],
  ['signed', { encrypt: false }],
  ['with revocations', { revocations: new MemoryStore() }],
])('two cookies that hold the same session, of different times, in a CookieStore, %s:', (_, options) => {
  const setUp = () => {
    const clock = new Clock()
    const events: SessionEvent[] = []
    const sessions = new SessionManager<Data>({
      store: new CookieStore(options),
      secret,
      now: clock.now,
      idleTimeout: 1000,
      onEvent: (event) => events.push(event),
    })
    return { clock, sessions, events }
  }

  it('the newer one counts, wherever it stands', async () => {
    const { sessions, events } = setUp()
    const { cookie: before } = await sessions.issue({ visits: 1 })
    const after = cookieAfter(await count(sessions, before), before)
    const { cookie: other } = await sessions.issue({ visits: 7 })
    events.length = 0
    for (const header of [`${before}; ${after}`, `${after}; ${before}`, `${before}; ${after}; ${other}`]) {
      expect((await sessions.read(visit(header))).get('visits')).toBe(2)
    }
    expect((await sessions.read(visit(`${other}; ${before}; ${after}`))).get('visits')).toBe(7)
    expect(events.filter(({ type }) => type === 'loaded')).toHaveLength(4)
  })

  it('of one version, the one that lives longer, and the other ends nothing', async () => {
    const { sessions, clock } = setUp()
    const { cookie: before } = await sessions.issue({ visits: 1 })
    clock.passes(900)
    const after = cookieAfter(await reading(sessions, before), before)
    expect(after).not.toBe(before)
    clock.passes(900)
    expect((await sessions.read(visit(`${before}; ${after}`))).get('visits')).toBe(1)
    expect((await sessions.read(visit(after))).get('visits')).toBe(1)
  })
})
