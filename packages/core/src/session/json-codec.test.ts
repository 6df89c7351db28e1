import { parse, stringify } from 'devalue'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CookieStore, MemoryStore, type SessionCodec, type SessionData, SessionManager } from '../index.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { reading, writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

function manager(): SessionManager {
  return new SessionManager({ store: new MemoryStore(), secret })
}

/** What a value is in the next request. */
async function nextRequest(value: unknown, sessions: SessionManager = manager()): Promise<unknown> {
  const response = await writing(sessions, '', (session) => session.set('key', value))
  return (await sessions.read(visit(cookieAfter(response)))).get('key')
}

describe('a value', () => {
  it.each([
    { a: 1, b: { c: [1, 'two', { three: true }] } },
    [1, 'two', [3, [4]], null],
    [],
    {},
    'text',
    42,
    -1.5e-300,
    Number.MAX_SAFE_INTEGER,
    true,
  ])('comes back equal in the next request: %j', async (value) => {
    expect(await nextRequest(value)).toEqual(value)
  })

  it.each([0, false, '', null])('that is %j is there, and differs from one that is not', async (value) => {
    const sessions = manager()
    const response = await writing(sessions, '', (session) => {
      session.set('key', value)
      expect(session.has('key')).toBe(true)
      expect(session.get('key')).toBe(value)
    })
    await reading(sessions, cookieAfter(response), (session) => {
      expect(session.has('key')).toBe(true)
      expect(session.get('key')).toBe(value)
      expect(session.size).toBe(1)
      expect(session.has('other')).toBe(false)
    })
  })

  it('that is JSON comes back equal, whatever it is', async () => {
    const sessions = manager()
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })),
        async (data) => {
          const { cookie } = await sessions.issue(data)
          const expected = JSON.parse(JSON.stringify(data)) as SessionData
          expect((await sessions.read(visit(cookie))).toJSON()).toEqual(expected)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('that is anything at all comes back as it was seen before, or is refused at once', async () => {
    const sessions = manager()
    await fc.assert(
      fc.asyncProperty(
        fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true }),
        async (value) => {
          let isRefused = false
          const response = await writing(sessions, '', (session) => {
            try {
              session.set('key', value)
            } catch (error) {
              expect(error).toBeInstanceOf(TypeError)
              isRefused = true
            }
          })
          const after = (await sessions.read(visit(cookieAfter(response)))).get('key')
          // JSON has neither -0 nor properties that are undefined.
          if (isRefused) expect(after).toBe(undefined)
          else expect(after).toEqual(value === undefined ? undefined : JSON.parse(JSON.stringify(value)))
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each([
    ['emoji', '👩‍👩‍👧‍👦🏳️‍🌈'],
    ['CJK', '会话'],
    ['NUL', 'a\0b'],
    ['controls', '\x01\x1f\x7f\r\n'],
    ['line separators', '\u2028\u2029'],
    ['a lone surrogate', 'a\ud800b'],
    ['quotes and backslashes', '"\\"'],
  ])('and a key of %s come back equal', async (_, text) => {
    for (const store of [new MemoryStore(), new CookieStore(), new CookieStore({ encrypt: false })]) {
      const sessions = new SessionManager({ store, secret })
      const { cookie } = await sessions.issue({ [text]: text })
      const session = await sessions.read(visit(cookie))
      expect(session.keys()).toEqual([text])
      expect(session.get(text)).toBe(text)
    }
  })

  it('that was set belongs to the session: the old one is gone', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ key: { a: 1 } })
    await writing(sessions, cookie, (session) => session.set('key', { b: 2 }))
    expect((await sessions.read(visit(cookie))).get('key')).toEqual({ b: 2 })
  })

  it('of one session is never shared with another', async () => {
    const sessions = new SessionManager<{ list: number[] }>({ store: new MemoryStore(), secret })
    const list = [1]
    const [a, b] = [await sessions.issue({ list }), await sessions.issue({ list })]
    await writing(sessions, a.cookie, (session) => session.get('list')?.push(2))
    expect((await sessions.read(visit(b.cookie))).get('list')).toEqual([1])
    expect(list).toEqual([1])
  })
})

describe('a value that JSON can not carry', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  class Cart {
    items = []
  }
  const refused: [string, unknown][] = [
    ['a function', () => {}],
    ['a symbol', Symbol('secret')],
    ['a bigint', 1n],
    ['a cycle', cycle],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a RegExp', /x/],
    ['bytes', new Uint8Array(1)],
    ['an error', new Error('x')],
    ['a promise', Promise.resolve(1)],
    ['an instance of a class', new Cart()],
    ['an array with undefined in it', [undefined]],
    // biome-ignore lint/suspicious/noSparseArray: that is the point
    ['an array with a hole', [1, , 2]],
  ]

  it('is called by its name', async () => {
    const session = await manager().write(visit())
    expect(() => session.set('theKey', [undefined])).toThrow('"theKey" holds undefined, which JSON can not carry')
    expect(() => session.set('theKey', [1n])).toThrow('"theKey" holds a bigint, which JSON can not carry')
  })

  it.each(refused)('is refused by set, which names the key: %s', async (_, value) => {
    const session = await manager().write(visit())
    for (const wrapped of [value, [value], { inner: { value } }, [{ a: [value] }]]) {
      expect(() => session.set('theKey', wrapped)).toThrow(TypeError)
      expect(() => session.set('theKey', wrapped)).toThrow(/theKey/)
    }
    expect(session.has('theKey')).toBe(false)
  })

  it.each(refused)('is refused by update, and the value from before stays: %s', async (_, value) => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ theKey: 'before' })
    const response = await writing(sessions, cookie, (session) => {
      expect(() => session.update('theKey', () => value)).toThrow(/theKey/)
      expect(session.get('theKey')).toBe('before')
    })
    expect(response.status).toBe(200)
    expect((await sessions.read(visit(cookie))).get('theKey')).toBe('before')
  })

  it('that got there by a change in place is an error that names the key, and nothing is stored', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<{ cart: { items: unknown[] }; count: number }>({ store, secret })
    const { cookie } = await sessions.issue({ cart: { items: [] }, count: 1 })
    store.forget()
    const writes = writing(sessions, cookie, (session) => {
      session.set('count', 2)
      session.get('cart')?.items.push(() => {})
    })
    await expect(writes).rejects.toThrow(TypeError)
    await expect(writes).rejects.toThrow(/cart/)
    expect(store.methods).toEqual(['load'])
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ cart: { items: [] }, count: 1 })
  })

  it('does not show in the error', async () => {
    const session = await manager().write(visit())
    expect(() => session.set('key', { password: 'hunter2', fn: () => 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    )
  })

  it('may be met twice, if that is no cycle', async () => {
    const shared = { a: 1 }
    expect(await nextRequest([shared, shared, { shared }])).toEqual([{ a: 1 }, { a: 1 }, { shared: { a: 1 } }])
  })

  it('does not include an object without a prototype', async () => {
    expect(await nextRequest(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 })
  })
})

describe('undefined and -0', () => {
  it('undefined deletes a key', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ key: 1, other: 2 })
    await writing(sessions, cookie, (session) => {
      session.set('key', undefined)
      expect(session.has('key')).toBe(false)
    })
    expect((await sessions.read(visit(cookie))).keys()).toEqual(['other'])
  })

  it('a property that is undefined is left out, as JSON does: reading it gives undefined all the same', async () => {
    expect(Object.keys((await nextRequest({ a: undefined, b: 1 })) as object)).toEqual(['b'])
  })

  it('-0 becomes 0', async () => {
    expect(await nextRequest(-0)).toBe(0)
    expect(await nextRequest([-0])).toEqual([0])
  })
})

describe('a codec of one’s own', () => {
  interface Rich {
    since: Date
    tags: Map<string, Set<number>>
    big: bigint
    count: number
  }
  const codec: SessionCodec = {
    encode: (data) => stringify(data),
    decode: (text) => parse(text) as Record<string, unknown>,
  }
  const rich: Rich = {
    since: new Date(0),
    tags: new Map([['a', new Set([1, 2])]]),
    big: 2n ** 70n,
    count: -0,
  }

  function setUp() {
    const store = new StagedStore()
    return { store, sessions: new SessionManager<Rich>({ store, secret, codec }) }
  }

  it('carries what JSON can not: Date, Map, Set, bigint, -0', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue(rich)
    const session = await sessions.read(visit(cookie))
    expect(session.toJSON()).toEqual(rich)
    expect(session.get('since')).toEqual(new Date(0))
    expect(session.get('tags')).toEqual(rich.tags)
  })

  it('sets the text that the store keeps', async () => {
    const { sessions, store } = setUp()
    const { id } = await sessions.issue(rich)
    expect((await store.load(id))?.data).toBe(stringify(rich))
  })

  it('tells equal values: setting one is no change', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue(rich)
    store.forget()
    await writing(sessions, cookie, (session) => {
      session.set('since', new Date(0))
      session.set('tags', new Map([['a', new Set([1, 2])]]))
    })
    expect(store.methods).toEqual(['load'])
  })

  it('tells what was changed in place: a Map, a Set, a Date', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue(rich)
    store.forget()
    await writing(sessions, cookie, (session) => {
      session.get('tags')?.get('a')?.add(3)
      session.get('since')?.setTime(1)
    })
    expect(store.methods).toEqual(['load', 'update'])
    const session = await sessions.read(visit(cookie))
    expect(session.get('tags')).toEqual(new Map([['a', new Set([1, 2, 3])]]))
    expect(session.get('since')).toEqual(new Date(1))
  })

  it('that refuses a value fails the save, and nothing is stored', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue(rich)
    store.forget()
    await expect(
      writing(sessions, cookie, (session) => session.set('count', (() => {}) as unknown as number)),
    ).rejects.toThrow()
    expect(store.methods.filter((method) => method !== 'load')).toEqual([])
  })

  it('may check values as they are set', async () => {
    const checking: SessionCodec = {
      ...codec,
      check(key, value) {
        if (value === 13) throw new TypeError(`${key} is unlucky`)
      },
    }
    const sessions = new SessionManager<Rich>({ store: new MemoryStore(), secret, codec: checking })
    const session = await sessions.write(visit())
    expect(() => session.set('count', 13)).toThrow('count is unlucky')
    expect(() => session.update('count', () => 13)).toThrow('count is unlucky')
    expect(session.set('count', 12).get('count')).toBe(12)
  })

  it('works with the CookieStore as well', async () => {
    const sessions = new SessionManager<Rich>({ store: new CookieStore(), secret, codec })
    const { cookie } = await sessions.issue(rich)
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual(rich)
  })
})

describe('a value of which JSON would lose something without a word', () => {
  class List extends Array<string> {}
  class Bare {
    visits = 1
  }
  Object.setPrototypeOf(Bare.prototype, null)

  it.each<[string, unknown]>([
    ['a property under a symbol', { [Symbol('visits')]: 1 }],
    ['a property under a symbol, further in', { a: [{ [Symbol('visits')]: 1 }] }],
    ['an array with a property beside its elements', Object.assign([1], { visits: 1 })],
    ['an instance of a class of arrays', new List('tea')],
    ['an instance of a class that extends null', new Bare()],
  ])('is refused at the set, which names the key: %s', async (_, value) => {
    const sessions = new SessionManager({ store: new MemoryStore(), secret })
    const session = await sessions.write(visit())
    expect(() => session.set('cart', value)).toThrow(TypeError)
    expect(() => session.set('cart', value)).toThrow(/"cart"/)
    expect(session.has('cart')).toBe(false)
  })
})
