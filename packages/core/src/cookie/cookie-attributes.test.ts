import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CookieOptions, MemoryStore, SessionManager } from '../index.js'
import { maxAgeOf } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { visit } from '../testing/visit.js'
import { CookieAttributes } from './cookie-attributes.js'

interface Data {
  text: string
}

function manager(cookie?: CookieOptions, times: { idleTimeout?: number; absoluteTimeout?: number } = {}) {
  return new SessionManager<Data>({
    store: new MemoryStore(),
    secret,
    ...(cookie && { cookie }),
    ...times,
  })
}

/** The line by which a new session's cookie is set. */
async function setCookie(cookie?: CookieOptions, times?: { idleTimeout?: number; absoluteTimeout?: number }) {
  const lines = (
    await writing(manager(cookie, times), '', (session) => session.set('text', 'hi'))
  ).headers.getSetCookie()
  expect(lines).toHaveLength(1)
  return lines[0] as string
}

/** The line by which it is removed. */
async function removeCookie(options?: CookieOptions) {
  const sessions = manager(options)
  const { cookie } = await sessions.issue({ text: 'hi' })
  const lines = (await writing(sessions, cookie, (session) => session.destroy())).headers.getSetCookie()
  expect(lines).toHaveLength(1)
  return lines[0] as string
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf('='))
}

function attributesOf(line: string): string[] {
  return line.split('; ').slice(1)
}

describe('by default', () => {
  it('the cookie is __Host-sid: its name says nothing of what made it', async () => {
    expect(nameOf(await setCookie())).toBe('__Host-sid')
  })

  it('the cookie has Path=/, Secure, HttpOnly, SameSite=Lax and a Max-Age, and nothing else', async () => {
    expect(attributesOf(await setCookie()).sort()).toEqual([
      'HttpOnly',
      'Max-Age=86400',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ])
  })

  it('issue() makes the same line as a response', async () => {
    const { setCookie: line, cookie } = await manager().issue({ text: 'hi' })
    expect(line.startsWith(`${cookie}; `)).toBe(true)
    expect(attributesOf(line)).toEqual(attributesOf(await setCookie()))
  })
})

describe('the name', () => {
  it.each([
    [{ path: '/app' }, '__Secure-sid'],
    [{ domain: 'example.com' }, '__Secure-sid'],
    [{ secure: false }, 'sid'],
    [{ secure: false, path: '/app' }, 'sid'],
    [{ secure: true, path: '/' }, '__Host-sid'],
  ] as const)('has the strictest prefix that fits %j: %s', async (options, name) => {
    expect(nameOf(await setCookie(options))).toBe(name)
  })

  it('is the one that was asked for', async () => {
    expect(nameOf(await setCookie({ name: 'visit' }))).toBe('visit')
    expect(nameOf(await setCookie({ name: "!#$%&'*+-.^_`|~09azAZ" }))).toBe("!#$%&'*+-.^_`|~09azAZ")
  })

  it.each(['', ' ', 'a b', 'a\tb', 'a\rb', 'a\nb', 'a;b', 'a=b', 'a,b', '"a"', 'a\0', 'sïd', 'a\x7f', '(a)', 'a/b'])(
    'can not be %j',
    (name) => {
      expect(() => manager({ name })).toThrow(TypeError)
      expect(() => manager({ name })).toThrow(/cookie\.name/)
    },
  )

  it.each(['__Secure-a', '__secure-a', '__SECURE-a', '__Host-a', '__host-a', '__hOST-a'])('%s needs secure', (name) => {
    expect(() => manager({ name, secure: false })).toThrow(/cookie\.name/)
    expect(() => manager({ name })).not.toThrow()
  })

  it.each(['__Host-a', '__host-a', '__HOST-a'])('%s goes with no domain and no path but "/"', (name) => {
    expect(() => manager({ name, domain: 'example.com' })).toThrow(/cookie\.name/)
    expect(() => manager({ name, path: '/app' })).toThrow(/cookie\.name/)
    expect(() => manager({ name, path: '/' })).not.toThrow()
  })

  it.each(['__Http-a', '__Host-Http-a', '__http-a'])('%s needs httpOnly', (name) => {
    expect(() => manager({ name, httpOnly: false })).toThrow(/cookie\.name/)
    expect(() => manager({ name })).not.toThrow()
  })

  it('with __Host- goes out with Path=/ in so many words', async () => {
    expect(attributesOf(await setCookie({ name: '__Host-a' }))).toContain('Path=/')
  })
})

describe('attributes', () => {
  it('appear as they were asked for', async () => {
    const line = await setCookie({
      name: 'visit',
      path: '/app',
      domain: 'example.com',
      sameSite: 'strict',
      partitioned: true,
      priority: 'high',
    })
    expect(attributesOf(line).sort()).toEqual([
      'Domain=example.com',
      'HttpOnly',
      'Max-Age=86400',
      'Partitioned',
      'Path=/app',
      'Priority=High',
      'SameSite=Strict',
      'Secure',
    ])
  })

  it.each([
    ['strict', 'Strict'],
    ['LAX', 'Lax'],
    ['None', 'None'],
    ['none', 'None'],
    ['sTRICT', 'Strict'],
  ])('spell sameSite %s as %s', async (given, spelt) => {
    const line = await setCookie({ sameSite: given as 'strict' })
    expect(attributesOf(line)).toContain(`SameSite=${spelt}`)
  })

  it.each(['', 'loose', 'lax ', 'lax; Domain=evil.example', true, false, null, 1])('refuse the sameSite %j', (word) => {
    expect(() => manager({ sameSite: word as 'lax' })).toThrow(TypeError)
    expect(() => manager({ sameSite: word as 'lax' })).toThrow(/cookie\.sameSite/)
  })

  it('refuse sameSite none without secure, in any letter case', () => {
    expect(() => manager({ sameSite: 'none', secure: false })).toThrow(/cookie\.sameSite/)
    expect(() => manager({ sameSite: 'NONE' as 'none', secure: false })).toThrow(/cookie\.sameSite/)
  })

  it.each([
    'a;b',
    'a b',
    'a\r\nSet-Cookie: b=c',
    'a\0',
    'a..b',
    '..',
    '.',
    '',
    ' ',
    'exämple.com',
    '-a.com',
    'a-.com',
    'a/b',
  ])('refuse the domain %j', (domain) => {
    expect(() => manager({ domain })).toThrow(TypeError)
    expect(() => manager({ domain })).toThrow(/cookie\.domain/)
  })

  it.each(['/a;b', '/a\r\nSet-Cookie: b=c', '/a\n', '/a\0', '/ü', 'a', '', '/\x7f', '; Domain=evil.example'])(
    'refuse the path %j',
    (path) => {
      expect(() => manager({ path })).toThrow(TypeError)
      expect(() => manager({ path })).toThrow(/cookie\.path/)
    },
  )

  it.each([
    ['/my app', '/my%20app'],
    ['/a"b', '/a%22b'],
    ['/ü', '/%C3%BC'],
    ['/a/../b', '/b'],
    ['/a?b', '/a'],
    ['/a ', '/a'],
  ])('refuse the path %j, with which browsers send no cookie, and name %j', (path, inUrl) => {
    expect(() => manager({ path })).toThrow(`cookie.path must be as in a URL, "${inUrl}"`)
    expect(() => manager({ path: inUrl })).not.toThrow()
  })

  it.each(['/', '/app', '/a,b', '//a', '/%7e', '/a=b', '/@:8080/'])('take the path %j', (path) => {
    expect(() => manager({ path })).not.toThrow()
  })

  it('leave HttpOnly out only when that was asked for', async () => {
    expect(attributesOf(await setCookie({ httpOnly: false }))).not.toContain('HttpOnly')
    expect(attributesOf(await setCookie({ httpOnly: true }))).toContain('HttpOnly')
  })

  it('take undefined as not said', async () => {
    const options = { secure: undefined, httpOnly: undefined, sameSite: undefined, path: undefined, name: undefined }
    expect(attributesOf(await setCookie(options as unknown as CookieOptions))).toEqual(attributesOf(await setCookie()))
  })

  it('leave Secure out only when that was asked for, whatever the request is', async () => {
    expect(attributesOf(await setCookie({ secure: false }))).not.toContain('Secure')
    const plain = new Request('http://example.com/')
    const response = await manager().handle(plain, async (handle) => {
      ;(await handle.write()).set('text', 'hi')
      return new Response()
    })
    expect(attributesOf(response.headers.getSetCookie()[0] as string)).toContain('Secure')
  })

  it('do not depend on what a proxy, or a client, says of the scheme', async () => {
    const request = new Request('http://example.com/', { headers: { 'X-Forwarded-Proto': 'https' } })
    const response = await manager({ secure: false }).handle(request, async (handle) => {
      ;(await handle.write()).set('text', 'hi')
      return new Response()
    })
    expect(attributesOf(response.headers.getSetCookie()[0] as string)).not.toContain('Secure')
  })

  it('do not depend on the path of the request: a response may set a cookie for another path', async () => {
    const response = await manager({ path: '/admin' }).handle(visit(), async (handle) => {
      ;(await handle.write()).set('text', 'hi')
      return new Response()
    })
    expect(attributesOf(response.headers.getSetCookie()[0] as string)).toContain('Path=/admin')
  })

  it('refuse partitioned without secure, and unknown priorities', () => {
    expect(() => manager({ partitioned: true, secure: false })).toThrow(/cookie\.partitioned/)
    expect(() => manager({ priority: 'urgent' as 'high' })).toThrow(/cookie\.priority/)
    expect(() => manager({ priority: '' as 'high' })).toThrow(/cookie\.priority/)
  })

  it('have neither Partitioned nor Priority by default', async () => {
    expect(await setCookie()).not.toMatch(/partitioned|priority/i)
  })

  const optionMixes: fc.Arbitrary<CookieOptions> = fc.record(
    {
      name: fc.constantFrom('sid', '__Secure-id', 'a.b'),
      path: fc.constantFrom('/', '/app', '/a%20b'),
      domain: fc.constantFrom('example.com', '.example.com', 'localhost'),
      httpOnly: fc.boolean(),
      sameSite: fc.constantFrom('strict' as const, 'lax' as const, 'none' as const),
      partitioned: fc.boolean(),
      priority: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
      persistent: fc.boolean(),
    },
    { requiredKeys: [] },
  )

  it('occur once each at most, in any mix of options', async () => {
    await fc.assert(
      fc.asyncProperty(optionMixes, async (options) => {
        for (const line of [await setCookie(options), await removeCookie(options)]) {
          const names = attributesOf(line).map((attribute) => (attribute.split('=')[0] as string).toLowerCase())
          expect(new Set(names).size).toBe(names.length)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('are repeated by the removal cookie, in any mix of options', async () => {
    const lasting = (line: string) => attributesOf(line).filter((attribute) => !/^(Max-Age|Expires)=/.test(attribute))
    await fc.assert(
      fc.asyncProperty(optionMixes, async (options) => {
        const [set, removed] = [await setCookie(options), await removeCookie(options)]
        expect(nameOf(removed)).toBe(nameOf(set))
        expect(lasting(removed)).toEqual(lasting(set))
        expect(attributesOf(removed)).toContain('Max-Age=0')
      }),
      { numRuns: 100 },
    )
  })
})

describe('the value', () => {
  it('holds cookie-octets only and opens the session as it was sent, whatever the data', async () => {
    const sessions = manager()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const line = (await writing(sessions, '', (session) => session.set('text', text))).headers.getSetCookie()[0]
        const cookie = line?.split(';')[0] as string
        expect(cookie.slice('__Host-sid='.length)).toMatch(/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/)
        expect((await sessions.read(visit(cookie))).get('text')).toBe(text)
      }),
      { numRuns: 50 },
    )
  })

  it('is the token and the MAC, in base64url without padding', async () => {
    const value = (await setCookie()).split(';')[0]?.slice('__Host-sid='.length)
    expect(value).toMatch(/^[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}$/)
  })
})

describe('the lifetime', () => {
  it.each([
    [1, 1],
    [3.14, 4],
    [0.001, 1],
    [1e-9, 1],
    [59.999, 60],
    [86_400, 86_400],
  ])('of %d s is a whole number of seconds, %d, and never 0', async (idleTimeout, seconds) => {
    const line = await setCookie({}, { idleTimeout })
    expect(line).toContain(`; Max-Age=${seconds};`)
  })

  it('above 400 days is refused, since browsers would cut it short', () => {
    for (const cookie of [{}, { persistent: false }]) {
      for (const times of [{ idleTimeout: 34_560_001 }, { absoluteTimeout: 34_560_001 }, { idleTimeout: 86_400_000 }]) {
        expect(() => manager(cookie, times)).toThrow(TypeError)
        expect(() => manager(cookie, times)).toThrow(/Timeout .*seconds, not milliseconds/)
      }
    }
  })

  it('of 400 days sharp is fine, and the shorter of both limits is what counts', async () => {
    const days = 34_560_000
    expect(maxAgeOf(await setCookie({}, { idleTimeout: days, absoluteTimeout: days }))).toBe(days)
    expect(maxAgeOf(await setCookie({}, { idleTimeout: days }))).toBe(days)
    expect(maxAgeOf(await setCookie({}, { absoluteTimeout: 60 }))).toBe(60)
    expect(maxAgeOf(await setCookie({}, { idleTimeout: 60, absoluteTimeout: days }))).toBe(60)
  })

  it('of one session is 400 days at most as well', async () => {
    const days = 34_560_000
    const response = await writing(manager(), '', (session) => {
      session.set('text', 'hi')
      expect(() => session.setLifetime({ idleTimeout: days + 1 })).toThrow(TypeError)
      expect(() => session.setLifetime({ absoluteTimeout: days + 1 })).toThrow(TypeError)
      session.setLifetime({ idleTimeout: days, absoluteTimeout: days })
    })
    expect(maxAgeOf(response.headers.getSetCookie()[0])).toBe(days)
  })

  it('is told by Max-Age alone: a live cookie has no Expires that could differ', async () => {
    expect(await setCookie()).not.toMatch(/expires/i)
  })

  it('of a removed cookie ended in 1970, as an IMF-fixdate', async () => {
    expect(attributesOf(await removeCookie())).toContain('Expires=Thu, 01 Jan 1970 00:00:00 GMT')
  })

  it('is the browser’s own with persistent: false: neither Max-Age nor Expires', async () => {
    expect(await setCookie({ persistent: false })).not.toMatch(/max-age|expires/i)
  })
})

describe('a line on the response, of which a handler inside has made another,', () => {
  const options: CookieOptions = { path: '/App', domain: 'shop.example', partitioned: true, priority: 'high' }
  const place = new CookieAttributes(options).at(undefined)

  it('is ours as it was, and with its attributes in any order and case', () => {
    const lines = [
      `${place.set('a', 60)}`,
      `${place.remove()}`,
      '__Secure-sid=a; Max-Age=60; Domain=shop.example; Path=/App; HttpOnly; Secure; Partitioned; SameSite=Lax',
      '__Secure-sid=a; partitioned; path=/App; domain=Shop.Example',
      '__Secure-sid=a;Path=/App;Domain=.shop.example;Partitioned',
    ]
    expect(lines.filter((line) => !place.isOwn(line))).toEqual([])
  })

  it('is another’s at another place, or of another name', () => {
    const lines = [
      '__Secure-sid=a; Path=/app; Domain=shop.example; Partitioned',
      '__Secure-sid=a; Path=/App/; Domain=shop.example; Partitioned',
      '__Secure-sid=a; Path=/; Domain=shop.example; Partitioned',
      '__Secure-sid=a; Domain=shop.example; Partitioned',
      '__Secure-sid=a; Path=/App; Partitioned',
      '__Secure-sid=a; Path=/App; Domain=my.shop.example; Partitioned',
      '__Secure-sid=a; Path=/App; Domain=shop.example',
      '__Secure-sid=a; Path=/App; Path=/other; Domain=shop.example; Partitioned',
      '__Secure-side=a; Path=/App; Domain=shop.example; Partitioned',
      '__secure-sid=a; Path=/App; Domain=shop.example; Partitioned',
    ]
    expect(lines.filter((line) => place.isOwn(line))).toEqual([])
  })
})
