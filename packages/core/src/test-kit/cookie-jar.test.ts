import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TestClock } from '../test-kit.js'
import { CookieJar, domainMatches, pathMatches } from './cookie-jar.js'

const home = 'https://app.example/'

function jarWith(...lines: string[]): { jar: CookieJar; clock: TestClock; sent: (address?: string) => string } {
  const clock = new TestClock()
  const jar = new CookieJar(clock.now)
  for (const line of lines) expect(jar.set(line, new URL(home))).toBeUndefined()
  return { jar, clock, sent: (address = home) => jar.header(new URL(address)) }
}

const refusal = (line: string, address: string = home): string | undefined =>
  new CookieJar(Date.now).set(line, new URL(address))

describe('a cookie', () => {
  it('without a Domain goes to its host alone', () => {
    const { sent } = jarWith('a=1')
    expect([sent(), sent('https://www.app.example/'), sent('https://example/')]).toEqual(['a=1', '', ''])
  })

  it('with a Domain goes to that and what is below', () => {
    const jar = new CookieJar(Date.now)
    jar.set('a=1; Domain=app.example', new URL('https://www.app.example/'))
    const sent = ['app.example', 'www.app.example', 'a.b.app.example', 'myapp.example', 'example'].map((host) =>
      jar.header(new URL(`https://${host}/`)),
    )
    expect(sent).toEqual(['a=1', 'a=1', 'a=1', '', ''])
  })

  it('goes to its path and what is below', () => {
    const { sent } = jarWith('a=1; Path=/admin')
    const paths = ['', 'admin', 'admin/', 'admin/users?x', 'administration', 'Admin']
    expect(paths.map((path) => sent(home + path))).toEqual(['', 'a=1', 'a=1', 'a=1', '', ''])
  })

  it('without a Path goes to the folder of the page', () => {
    const jar = new CookieJar(Date.now)
    jar.set('a=1', new URL('https://app.example/shop/cart'))
    expect(jar.all[0]?.path).toBe('/shop')
    jar.set('b=1', new URL('https://app.example/shop'))
    expect(jar.all[1]?.path).toBe('/')
  })

  it('that is Secure goes to https, and to a server on this machine', () => {
    const { sent } = jarWith('a=1; Secure')
    expect([sent(), sent('http://app.example/')]).toEqual(['a=1', ''])
    for (const host of ['localhost:3000', '127.0.0.1:3000', '[::1]:3000', 'app.localhost'])
      expect(refusal('a=1; Secure', `http://${host}/`)).toBeUndefined()
  })

  it('replaces the one of the same name, domain and path, and keeps its place', () => {
    const { sent } = jarWith('a=1', 'b=2', 'a=3')
    expect(sent()).toBe('a=3; b=2')
  })

  it('stands beside one of another path, domain or partition; the longer path goes first', () => {
    const { sent } = jarWith('a=1', 'a=2; Domain=app.example', 'a=3; Path=/shop', 'a=4; Secure; Partitioned; Path=/')
    expect(sent('https://app.example/shop/cart')).toBe('a=3; a=1; a=2; a=4')
  })

  it('without a name is sent by its value', () => {
    expect(jarWith('alone').sent()).toBe('alone')
  })
})

describe('the end of a cookie', () => {
  it('is told by Max-Age, before Expires', () => {
    const { clock, sent } = jarWith('a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT')
    clock.advance({ milliseconds: 59_999 })
    expect(sent()).toBe('a=1')
    clock.advance({ milliseconds: 1 })
    expect(sent()).toBe('')
  })

  it('is told by Expires', () => {
    const { jar, clock, sent } = jarWith()
    clock.time = Date.UTC(2027, 0, 1)
    jar.set('a=1; Expires=Fri, 01 Jan 2027 00:01:00 GMT', new URL(home))
    expect(sent()).toBe('a=1')
    clock.advance(60)
    expect(sent()).toBe('')
  })

  it('is after 400 days at the latest', () => {
    const { clock, sent } = jarWith('a=1; Max-Age=99999999999')
    clock.advance({ days: 400, seconds: -1 })
    expect(sent()).toBe('a=1')
    clock.advance(1)
    expect(sent()).toBe('')
  })

  it('is the browser’s, without both', () => {
    const { jar, clock, sent } = jarWith('a=1', 'b=2; Max-Age=60')
    clock.advance(59)
    expect(sent()).toBe('a=1; b=2')
    jar.endBrowserSession()
    expect(sent()).toBe('b=2')
  })

  it.each(['a=; Max-Age=0', 'a=; Max-Age=-1', 'a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])(
    'is at once with %s',
    (line) => {
      const { jar, sent } = jarWith('a=1; Max-Age=60', 'b=2')
      jar.set(line, new URL(home))
      expect([sent(), jar.all.length]).toEqual(['b=2', 1])
    },
  )

  it('takes the same place: a removal elsewhere removes nothing', () => {
    const { jar, sent } = jarWith('a=1')
    for (const line of ['a=; Max-Age=0; Path=/x', 'a=; Max-Age=0; Domain=app.example']) jar.set(line, new URL(home))
    expect(sent()).toBe('a=1')
  })
})

describe('no browser keeps', () => {
  it.each([
    ['a=1; Domain=other.example', home, 'app.example is not in Domain=other.example'],
    ['a=1; Domain=www.app.example', home, 'app.example is not in Domain=www.app.example'],
    ['a=1; Domain=example', home, 'Domain=example is nobody’s own: it has no dot'],
    ['a=1; Domain=0.0.1', 'http://127.0.0.1/', '127.0.0.1 is not in Domain=0.0.1'],
    ['a=1; Secure', 'http://app.example', 'Secure needs https, and http://app.example is plain http'],
    ['a=1; Partitioned', home, 'Partitioned needs Secure'],
    ['a=1; SameSite=None', home, 'SameSite=None needs Secure'],
    ['__Secure-a=1', home, '__Secure-a needs Secure'],
    ['__Host-a=1; Path=/', home, '__Host-a needs Secure'],
    ['__Host-a=1; Secure', home, '__Host-a needs Path=/ and no Domain'],
    ['__host-a=1; Secure; Path=/; Domain=app.example', home, '__host-a needs Path=/ and no Domain'],
    ['__Http-a=1; Secure', home, '__Http-a needs HttpOnly'],
    ['__Host-Http-a=1; Secure; Path=/', home, '__Host-Http-a needs HttpOnly'],
    ['=__Host-a=1', home, 'a cookie without a name must not look like one with a prefix'],
    ['a=\x01', home, 'it is no cookie, or has more than 4096 bytes'],
  ])('%s from %s', (line, address, because) => {
    expect(refusal(line, address)).toBe(because)
  })

  it('one from plain http over one that is Secure', () => {
    const { jar, sent } = jarWith('a=1; Secure; Path=/')
    expect(jar.set('a=2; Domain=app.example', new URL('http://www.app.example/'))).toMatch(/must not set a cookie over/)
    expect(jar.set('b=2', new URL('http://app.example/'))).toBeUndefined()
    expect(sent()).toBe('a=1; b=2')
  })

  it('but these', () => {
    const good = [
      '__Host-a=1; Secure; Path=/',
      '__Secure-a=1; Secure; Domain=app.example',
      '__Host-Http-a=1; Secure; Path=/; HttpOnly',
      'a=1; SameSite=None; Secure',
      'a=1; Domain=.APP.example',
    ]
    expect(good.map((line) => refusal(line))).toEqual(good.map(() => undefined))
    expect(refusal('a=1; Domain=localhost', 'http://localhost:3000/')).toBeUndefined()
  })
})

describe('whatever is set, in whatever order,', () => {
  const host = fc.constantFrom('app.example', 'www.app.example', 'shop.www.app.example', 'other.example', '127.0.0.1')
  const path = fc.constantFrom('/', '/a', '/a/', '/a/b', '/ab', '/a/b/c')
  const scheme = fc.constantFrom('http', 'https')
  const url = fc.tuple(scheme, host, path).map(([scheme, host, path]) => new URL(`${scheme}://${host}${path}`))
  const line = fc
    .tuple(
      fc.constantFrom('a', 'b', '__Host-a', '__Secure-b'),
      fc.nat(9),
      fc.subarray([
        'Secure',
        'Path=/',
        'Path=/a',
        'Domain=app.example',
        'Domain=www.app.example',
        'Max-Age=50',
        'Max-Age=0',
      ]),
    )
    .map(([name, value, attributes]) => [`${name}=${value}`, ...attributes].join('; '))
  const steps = fc.array(fc.record({ url, line, wait: fc.nat(30) }), { maxLength: 30 })

  it('nothing goes where it must not, nothing twice from one place, and nothing after its end', () => {
    fc.assert(
      fc.property(steps, url, (steps, asked) => {
        const clock = new TestClock(0)
        const jar = new CookieJar(clock.now)
        for (const { url, line, wait } of steps) {
          jar.set(line, url)
          clock.advance(wait)
        }
        const places = jar.all.map(({ name, domain, isHostOnly, path }) => `${name} ${domain} ${isHostOnly} ${path}`)
        expect(new Set(places).size).toBe(places.length)
        const sent = jar.header(asked).split('; ').filter(Boolean)
        const allowed = jar.all.filter(
          (cookie) =>
            (cookie.isHostOnly ? cookie.domain === asked.hostname : domainMatches(asked.hostname, cookie.domain)) &&
            pathMatches(asked.pathname, cookie.path) &&
            (!cookie.secure || asked.protocol === 'https:' || asked.hostname === '127.0.0.1') &&
            (cookie.expiresAt ?? Number.POSITIVE_INFINITY) > clock.time,
        )
        expect(sent.sort()).toEqual(allowed.map(({ name, value }) => `${name}=${value}`).sort())
        for (const { name, path, isHostOnly, secure } of jar.all) {
          if (name.startsWith('__')) expect(secure).toBe(true)
          if (name.startsWith('__Host-')) expect([path, isHostOnly]).toEqual(['/', true])
        }
      }),
    )
  })

  it('what was set last for a place is what is sent from there', () => {
    fc.assert(
      fc.property(steps, url, line, (steps, url, line) => {
        const jar = new CookieJar(() => 0)
        for (const step of steps) jar.set(step.line, step.url)
        const [pair = ''] = line.split(';')
        if (jar.set(`${pair}x; Path=${url.pathname}; Secure`, url) !== undefined) return
        expect(jar.header(url).split('; ')).toContain(`${pair}x`)
      }),
    )
  })
})
