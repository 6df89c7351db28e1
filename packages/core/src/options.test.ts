import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, SessionManager, type SessionOptions } from './index.js'
import { secret } from './testing/secret.js'

/** Makes a manager whose options are right but for these. */
function make(options: Record<string, unknown>): SessionManager {
  return new SessionManager({ store: new MemoryStore(), secret, ...options } as unknown as SessionOptions)
}

function expectRefusal(options: Record<string, unknown>, name: RegExp): void {
  expect(() => make(options)).toThrow(TypeError)
  expect(() => make(options)).toThrow(name)
}

describe('a manager', () => {
  it('needs a store and a secret, and nothing else', () => {
    expect(() => make({})).not.toThrow()
  })

  it('takes every option left out as undefined', () => {
    const names =
      'cookie idleTimeout absoluteTimeout persistence schema codec onEvent now onInvalidData verifiedCacheSize storeTimeout signer'
    expect(() => make(Object.fromEntries(names.split(' ').map((name) => [name, undefined])))).not.toThrow()
  })

  it('checks its options when it is made, not at the first request', () => {
    expect(() => make({ secret: 'short' })).toThrow(TypeError)
  })

  it('is not made where no cookie could go out, as on Workers with an old compatibility date', () => {
    const { prototype } = Headers
    const method = Object.getOwnPropertyDescriptor(prototype, 'getSetCookie') as PropertyDescriptor
    Reflect.deleteProperty(prototype, 'getSetCookie')
    try {
      expectRefusal({}, /this runtime has no Headers\.getSetCookie: on Workers, .* 2023-03-01/)
    } finally {
      Object.defineProperty(prototype, 'getSetCookie', method)
    }
  })

  it('is not made where nothing can be signed, as in jsdom, unless its signer needs no WebCrypto', () => {
    const own = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
    const signer = (): object => ({ sign: () => {}, verify: () => {}, succeed: () => {} })
    Object.defineProperty(globalThis, 'crypto', { configurable: true, writable: true, value: {} })
    try {
      expectRefusal({}, /this runtime has no crypto\.subtle: .* the environment "node"/)
      expectRefusal({ store: new CookieStore() }, /crypto\.subtle/)
      expect(() => make({ signer })).not.toThrow()
    } finally {
      if (own === undefined) Reflect.deleteProperty(globalThis, 'crypto')
      else Object.defineProperty(globalThis, 'crypto', own)
    }
  })
})

describe('the secret', () => {
  it.each([undefined, null, '', [], [undefined]])('can not be missing: %j', (missing) => {
    expectRefusal({ secret: missing }, /secret/)
  })

  it('that is missing leads to advice on how to make one', () => {
    expectRefusal({ secret: undefined }, /32 random bytes/)
  })

  it.each([
    ['31 characters', 'x'.repeat(31)],
    ['31 bytes', new Uint8Array(31)],
    ['15 characters of two bytes', 'é'.repeat(15)],
    ['a word', 'secret'],
  ])('can not be too short: %s', (_, short) => {
    expectRefusal({ secret: short }, /secret/)
    expectRefusal({ secret: [secret, short] }, /secret/)
  })

  it.each([
    ['32 characters', 'x'.repeat(31).concat('y')],
    ['32 bytes', new Uint8Array(32).fill(1, 1)],
    ['16 characters of two bytes', 'é'.repeat(16)],
    ['8 emoji of four bytes', '😀'.repeat(8)],
    ['a list', ['x'.repeat(31).concat('y'), new Uint8Array(32).fill(1, 1)]],
  ])('may be %s: its length counts in bytes', (_, enough) => {
    expect(() => make({ secret: enough })).not.toThrow()
  })

  it('can not be more than eight, of which the last would never be tried', () => {
    const secrets = Array.from({ length: 9 }, (_, index) => `secret number ${index}, ${secret}`)
    expect(() => make({ secret: secrets.slice(1) })).not.toThrow()
    expectRefusal({ secret: secrets }, /secret is a list of 9: keep the newest eight/)
    expectRefusal({ store: new CookieStore(), secret: secrets }, /secret is a list of 9/)
  })

  it.each([32, true, {}, new ArrayBuffer(32), () => 'x', [[secret]]])('can not be something else: %j', (odd) => {
    expectRefusal({ secret: odd }, /secret/)
  })

  it.each([
    ['a placeholder', 'x'.repeat(48)],
    ['bytes that were never filled', new Uint8Array(32)],
    ['zeros', '0'.repeat(40)],
  ])('can not be one repeated byte: %s', (_, repeated) => {
    expectRefusal({ secret: repeated }, /secret is one repeated byte/)
    expectRefusal({ secret: [secret, repeated] }, /secret/)
  })

  it('may be the Uint8Array of another realm, as in jsdom', () => {
    // Like those of another realm: of no class of this one, and still bytes.
    const foreign = Object.setPrototypeOf(
      Uint8Array.from({ length: 32 }, (_, index) => index),
      Object.create(Object.getPrototypeOf(Uint8Array.prototype)),
    )
    expect(foreign instanceof Uint8Array).toBe(false)
    expect(() => make({ secret: foreign })).not.toThrow()
    expectRefusal({ secret: new Uint16Array(32) }, /secret/)
  })

  it('is copied: what becomes of the bytes later changes no cookie', async () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => index)
    const store = new MemoryStore()
    const [sessions, other] = [make({ secret: bytes, store }), make({ secret: bytes.slice(), store })]
    bytes.fill(7)
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = new Request('https://example.com/', { headers: { cookie } })
    expect((await other.read(request)).get('user')).toBe('ada')
  })

  it('is checked for the CookieStore as well', () => {
    expectRefusal({ store: new CookieStore(), secret: 'short' }, /secret/)
    expectRefusal({ store: new CookieStore(), secret: undefined }, /secret/)
  })

  it('does not show in the error', () => {
    expect(() => make({ secret: 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    )
  })
})

describe('the store', () => {
  it.each<[string, unknown, RegExp]>([
    ['missing', undefined, /store is missing/],
    ['null', null, /store is missing/],
    ['an address', 'redis://localhost', /store is an address/],
    ['a URL', new URL('redis://localhost'), /store is an address/],
    ['a class', MemoryStore, /store is a class/],
    ['a promise', Promise.resolve(new MemoryStore()), /store is a promise/],
    ['a number', 42, /store must be/],
    ['an empty object', {}, /store has no load, create, update, touch, delete/],
    ['a Map', new Map(), /store has no load/],
    ['without touch', { load() {}, create() {}, update() {}, delete() {} }, /store has no touch/],
  ])('can not be %s', (_, store, words) => {
    expectRefusal({ store }, words)
  })
})

describe('an option that does not exist', () => {
  it.each([
    ['maxAge', /maxAge is no option: take idleTimeout/],
    ['ttl', /ttl is no option: take idleTimeout/],
    ['resave', /resave is no option: take persistence/],
    ['saveUninitialized', /take persistence/],
    ['idletimeout', /idletimeout is no option: there are .*idleTimeout/],
    ['storage', /storage is no option/],
  ])('is refused: %s', (name, words) => {
    expectRefusal({ [name]: 60 }, words)
    expectRefusal({ [name]: undefined }, words)
  })

  it.each([
    ['maxAge', /cookie\.maxAge is no option: take idleTimeout/],
    ['expires', /cookie\.expires is no option: take idleTimeout/],
    ['signed', /cookie\.signed is no option/],
    ['samesite', /cookie\.samesite is no option/],
  ])('of the cookie is refused: %s', (name, words) => {
    expectRefusal({ cookie: { [name]: 60 } }, words)
  })
})

describe('what is no option of its kind', () => {
  const notFunctions = [null, 5, 'log', {}, true]

  it.each(['onEvent', 'now', 'signer'])('is refused for %s, which is a function', (name) => {
    for (const value of notFunctions) expectRefusal({ [name]: value }, new RegExp(`${name} must be a function`))
  })

  it('is refused for a signer that makes none', () => {
    for (const made of [undefined, {}, { sign() {}, verify() {} }, Promise.resolve({})]) {
      expectRefusal({ signer: () => made }, /signer/)
    }
  })

  it('is refused for the codec and the schema', () => {
    for (const value of [null, 5, {}, { encode() {} }, JSON, () => {}]) expectRefusal({ codec: value }, /codec/)
    const { stringify, parse } = JSON
    for (const value of [
      { encode: async (data: unknown) => stringify(data), decode: parse },
      { encode: stringify, decode: async (text: string) => parse(text) },
      { encode: (data: unknown) => new TextEncoder().encode(stringify(data)), decode: () => ({}) },
      { encode: stringify, decode: () => null },
    ])
      expectRefusal({ codec: value }, /codec must encode an object as text, and decode that again/)
    for (const value of [null, 5, {}, () => {}, { '~standard': {} }, { parse() {} }]) {
      expectRefusal({ schema: value }, /schema/)
    }
  })

  it('is refused for migrations, which are a list of functions', () => {
    for (const value of [null, {}, () => {}, [5], [() => ({}), undefined]]) {
      expectRefusal({ migrations: value }, /migrations/)
    }
  })

  it('is refused for onStoreFailure, warnings and numbers', () => {
    for (const value of [null, 'ignore', true, 5]) expectRefusal({ onStoreFailure: value }, /onStoreFailure/)
    for (const value of [null, 'no', 0]) expectRefusal({ warnings: value }, /warnings/)
    for (const value of [null, 0, -1, Number.NaN, '5', '1mb']) expectRefusal({ maxDataBytes: value }, /maxDataBytes/)
    for (const value of [null, -1, Number.NaN, '5']) expectRefusal({ verifiedCacheSize: value }, /verifiedCacheSize/)
    for (const value of [null, 0, -1, Infinity, '5']) expectRefusal({ storeTimeout: value }, /storeTimeout/)
    expectRefusal({ storeTimeout: 2000 }, /storeTimeout is above 600: it takes seconds, not milliseconds/)
  })

  it('is refused for each switch of the cookie', () => {
    for (const name of ['secure', 'httpOnly', 'partitioned', 'persistent']) {
      for (const value of ['auto', 'false', null, 0, 1, {}]) {
        expectRefusal({ cookie: { [name]: value } }, new RegExp(`cookie\\.${name} must be true or false`))
      }
    }
    for (const cookie of [null, 'sid', 5]) expectRefusal({ cookie }, /cookie/)
  })

  it('is refused where no options came at all', () => {
    for (const options of [undefined, null, 'x', new MemoryStore()]) {
      expect(() => new SessionManager(options as never)).toThrow(TypeError)
      expect(() => new SessionManager(options as never)).toThrow(/fetch-sessions: /)
    }
  })
})

describe('an idleTimeout above the absoluteTimeout', () => {
  it('is refused where both were given', () => {
    expectRefusal({ idleTimeout: 61, absoluteTimeout: 60 }, /idleTimeout is above absoluteTimeout/)
    expect(() => make({ idleTimeout: 60, absoluteTimeout: 60 })).not.toThrow()
  })

  it('makes the absolute one as long where that was not given', async () => {
    const sessions = make({ idleTimeout: 31 * 86_400 })
    expect((await sessions.issue({})).setCookie).toContain(`Max-Age=${31 * 86_400}`)
  })
})

describe.each(['idleTimeout', 'absoluteTimeout'])('%s', (name) => {
  it.each([
    0,
    -0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    '60',
    'buzz',
    null,
    {},
    [60],
    true,
  ])('can not be %j', (seconds) => {
    expectRefusal({ [name]: seconds }, new RegExp(name))
  })

  it.each([0.001, 1, 3.14, 86_400, 34_560_000])('may be %d seconds', (seconds) => {
    expect(() => make({ [name]: seconds })).not.toThrow()
  })
})

describe('a Max-Age above 400 days', () => {
  it('is refused, with the name of the option that makes it', () => {
    expectRefusal({ idleTimeout: 34_560_001, absoluteTimeout: 34_560_001 }, /idleTimeout|absoluteTimeout/)
  })

  it('is refused where one of both limits keeps it down or the cookie has none, too: it was meant in milliseconds', () => {
    expectRefusal({ idleTimeout: 60, absoluteTimeout: 86_400_000 }, /absoluteTimeout .*milliseconds/)
    expectRefusal({ idleTimeout: 86_400_000 }, /idleTimeout .*milliseconds/)
    expectRefusal({ idleTimeout: 86_400_000, cookie: { persistent: false } }, /idleTimeout .*milliseconds/)
  })
})

describe('a word', () => {
  it.each([
    ['persistence', ['changed', 'existing', 'always']],
    ['onInvalidData', ['reset', 'throw']],
  ])('of %s is one of the known ones', (name, words) => {
    for (const word of words) expect(() => make({ [name]: word })).not.toThrow()
    for (const word of ['', 'never', 'CHANGED', null, true, 1]) expectRefusal({ [name]: word }, new RegExp(name))
  })
})

describe('the cookie options', () => {
  it.each([
    ['name', { name: '' }],
    ['name', { name: 'a b' }],
    ['name', { name: '__Host-sid', domain: 'example.com' }],
    ['name', { name: '__Host-sid', path: '/app' }],
    ['name', { name: '__Host-sid', secure: false }],
    ['name', { name: '__Secure-sid', secure: false }],
    ['path', { path: 'app' }],
    ['path', { path: '/a;b' }],
    ['domain', { domain: 'a b' }],
    ['domain', { domain: '' }],
    ['sameSite', { sameSite: 'loose' }],
    ['sameSite', { sameSite: 'none', secure: false }],
    ['partitioned', { partitioned: true, secure: false }],
    ['priority', { priority: 'urgent' }],
    ['path', { path: `/${'a'.repeat(1024)}` }],
    ['domain', { domain: `${'a.'.repeat(512)}com` }],
    ['retired', { retired: {} }],
    ['retired', { retired: [null] }],
    ['retired', { retired: [{}] }],
    ['retired', { retired: [{ name: '__Host-sid', path: '/' }] }],
    ['retired', { retired: [{ where: '/' }] }],
    ['retired', { name: 'sid', domain: 'example.com', retired: [{ domain: '.EXAMPLE.com' }] }],
    ['retired.name', { retired: [{ name: 'a b' }] }],
    ['retired.domain', { retired: [{ domain: 'a b' }] }],
    ['retired.path', { retired: [{ path: 'app' }] }],
    ['retired.path', { retired: [{ path: `/${'a'.repeat(1024)}` }] }],
    ['retired.partitioned', { retired: [{ name: 'sid', partitioned: 'no' as never }] }],
    ['retired.partitioned', { retired: [{ name: 'sid', partitioned: null as never }] }],
  ])('that can not work are named: cookie.%s of %j', (name, cookie) => {
    expectRefusal({ cookie }, new RegExp(`cookie\\.${name}`))
  })

  it('may have 1024 characters in path and domain', () => {
    const domain = `${'a.'.repeat(510)}.com`.replace('..', '.')
    expect(() => make({ cookie: { path: `/${'a'.repeat(1023)}`, domain } })).not.toThrow()
  })

  it('hold for the CookieStore as well', () => {
    expectRefusal({ store: new CookieStore(), cookie: { name: '__Host-sid', path: '/app' } }, /cookie\.name/)
  })
})
