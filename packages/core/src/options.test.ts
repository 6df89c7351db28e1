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

  it.each([32, true, {}, new ArrayBuffer(32), () => 'x', [[secret]]])('can not be something else: %j', (odd) => {
    expectRefusal({ secret: odd }, /secret/)
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
  it.each([undefined, null, 'redis://localhost', 42])('can not be %j', (store) => {
    expectRefusal({ store }, /store/)
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
  ])('that can not work are named: cookie.%s of %j', (name, cookie) => {
    expectRefusal({ cookie }, new RegExp(`cookie\\.${name}`))
  })

  it('hold for the CookieStore as well', () => {
    expectRefusal({ store: new CookieStore(), cookie: { name: '__Host-sid', path: '/app' } }, /cookie\.name/)
  })
})
