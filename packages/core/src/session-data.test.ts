import { parse, stringify } from 'devalue'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  CookieStore,
  MemoryStore,
  type SessionCodec,
  type SessionData,
  SessionDataError,
  type SessionEvent,
  SessionManager,
} from './index.js'
import { reading, writing } from './testing/serve.js'
import { StagedStore } from './testing/staged-store.js'
import { cookieAfter, sessionCookies, visit } from './testing/visit.js'

const secret = 'thirty-two bytes of secret, at least'

function manager(): SessionManager {
  return new SessionManager({ store: new MemoryStore(), secret })
}

/** What a value is in the next request. */
async function nextRequest(value: unknown, sessions: SessionManager = manager()): Promise<unknown> {
  const response = await writing(sessions, '', (session) => session.set('key', value))
  return (await sessions.read(visit(cookieAfter(response)))).get('key')
}

describe('a key that is not there', () => {
  it('is undefined, and asking for it changes nothing [B64]', async () => {
    const sessions = manager()
    const response = await writing(sessions, '', (session) => {
      expect(session.get('key')).toBe(undefined)
      expect(session.take('key')).toBe(undefined)
      expect(session.has('key')).toBe(false)
      expect(session.delete('key')).toBe(false)
    })
    expect(sessionCookies(response)).toEqual([])
    await reading(sessions, '', (session) => expect(session.get('key')).toBe(undefined))
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'])(
    'is not there under the name %s either [B64, B76]',
    async (key) => {
      const session = await manager().write(visit())
      expect(session.get(key)).toBe(undefined)
      expect(session.has(key)).toBe(false)
      expect(session.take(key)).toBe(undefined)
    },
  )
})

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
  ])('comes back equal in the next request: %j [B65]', async (value) => {
    expect(await nextRequest(value)).toEqual(value)
  })

  it.each([0, false, '', null])('that is %j is there, and differs from one that is not [B66]', async (value) => {
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

  it('that is JSON comes back equal, whatever it is [B65, B75]', async () => {
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

  it('that is anything at all comes back as it was seen before, or is refused at once [B73, B74]', async () => {
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
  ])('and a key of %s come back equal [B75]', async (_, text) => {
    for (const store of [new MemoryStore(), new CookieStore(), new CookieStore({ encrypt: false })]) {
      const sessions = new SessionManager({ store, secret })
      const { cookie } = await sessions.issue({ [text]: text })
      const session = await sessions.read(visit(cookie))
      expect(session.keys()).toEqual([text])
      expect(session.get(text)).toBe(text)
    }
  })

  it('that was set belongs to the session: the old one is gone [B65]', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ key: { a: 1 } })
    await writing(sessions, cookie, (session) => session.set('key', { b: 2 }))
    expect((await sessions.read(visit(cookie))).get('key')).toEqual({ b: 2 })
  })

  it('of one session is never shared with another [B65]', async () => {
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

  it.each(refused)('is refused by set, which names the key: %s [B73, B74]', async (_, value) => {
    const session = await manager().write(visit())
    for (const wrapped of [value, [value], { inner: { value } }, [{ a: [value] }]]) {
      expect(() => session.set('theKey', wrapped)).toThrow(TypeError)
      expect(() => session.set('theKey', wrapped)).toThrow(/theKey/)
    }
    expect(session.has('theKey')).toBe(false)
  })

  it.each(refused)('is refused by update, and the value from before stays: %s [B73]', async (_, value) => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ theKey: 'before' })
    const response = await writing(sessions, cookie, (session) => {
      expect(() => session.update('theKey', () => value)).toThrow(/theKey/)
      expect(session.get('theKey')).toBe('before')
    })
    expect(response.status).toBe(200)
    expect((await sessions.read(visit(cookie))).get('theKey')).toBe('before')
  })

  it('that got there by a change in place is an error that names the key, and nothing is stored [B73]', async () => {
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

  it('does not show in the error [B73]', async () => {
    const session = await manager().write(visit())
    expect(() => session.set('key', { password: 'hunter2', fn: () => 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    )
  })

  it('may be met twice, if that is no cycle [B73]', async () => {
    const shared = { a: 1 }
    expect(await nextRequest([shared, shared, { shared }])).toEqual([{ a: 1 }, { a: 1 }, { shared: { a: 1 } }])
  })

  it('does not include an object without a prototype [B74]', async () => {
    expect(await nextRequest(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 })
  })
})

describe('undefined and -0', () => {
  it('undefined deletes a key [B74]', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ key: 1, other: 2 })
    await writing(sessions, cookie, (session) => {
      session.set('key', undefined)
      expect(session.has('key')).toBe(false)
    })
    expect((await sessions.read(visit(cookie))).keys()).toEqual(['other'])
  })

  it('a property that is undefined is left out, as JSON does: reading it gives undefined all the same [B74]', async () => {
    expect(Object.keys((await nextRequest({ a: undefined, b: 1 })) as object)).toEqual(['b'])
  })

  it('-0 becomes 0 [B74]', async () => {
    expect(await nextRequest(-0)).toBe(0)
    expect(await nextRequest([-0])).toEqual([0])
  })
})

describe('keys', () => {
  it('that are deleted are gone at once, and in the next request [B67]', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ a: 1, b: 2 })
    await writing(sessions, cookie, (session) => {
      expect(session.delete('a')).toBe(true)
      expect(session.has('a')).toBe(false)
      expect(session.get('a')).toBe(undefined)
      expect(session.delete('a')).toBe(false)
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ b: 2 })
  })

  it('are counted and listed, in the order in which they came, whatever comes and goes [B68]', async () => {
    const sessions = manager()
    const response = await writing(sessions, '', (session) => {
      expect(session.size).toBe(0)
      expect(session.keys()).toEqual([])
      session.set('b', 1).set('a', 2).set('c', 3)
      expect(session.keys()).toEqual(['b', 'a', 'c'])
      session.delete('a')
      session.set('b', 4)
      expect(session.keys()).toEqual(['b', 'c'])
      expect(session.size).toBe(2)
    })
    await reading(sessions, cookieAfter(response), (session) => {
      expect(session.keys()).toEqual(['b', 'c'])
      expect(session.size).toBe(2)
      expect(session.toJSON()).toEqual({ b: 4, c: 3 })
    })
  })

  it('all go with clear(); id, owner and lifetime stay [B69]', async () => {
    const sessions = manager()
    const { cookie, id } = await sessions.issue({ a: 1, b: 2 }, { owner: 'ada' })
    const before = await sessions.read(visit(cookie))
    await writing(sessions, cookie, (session) => {
      session.clear()
      expect(session.size).toBe(0)
      expect(session.keys()).toEqual([])
    })
    const after = await sessions.read(visit(cookie))
    expect(after.size).toBe(0)
    expect(after.id).toBe(id)
    expect(after.owner).toBe('ada')
    expect(after.createdAt).toEqual(before.createdAt)
  })

  it('are read and deleted by take [B70]', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ a: { deep: [1] }, b: 2 })
    await writing(sessions, cookie, (session) => {
      expect(session.take('a')).toEqual({ deep: [1] })
      expect(session.take('a')).toBe(undefined)
    })
    expect((await sessions.read(visit(cookie))).keys()).toEqual(['b'])
  })

  it('carry a flash message into the next request and no further [B71]', async () => {
    const sessions = manager()
    const cookie = cookieAfter(await writing(sessions, '', (session) => session.set('flash', 'saved!')))
    const seen: unknown[] = []
    await writing(sessions, cookie, (session) => seen.push(session.take('flash')))
    await writing(sessions, cookie, (session) => seen.push(session.take('flash')))
    expect(seen).toEqual(['saved!', undefined])
  })

  it.each([
    'save',
    'destroy',
    'regenerate',
    'id',
    'get',
    'set',
    'has',
    'delete',
    'clear',
    'size',
    'keys',
    'cookie',
    'isNew',
    'owner',
    'createdAt',
    'expiresAt',
    'toJSON',
    'then',
    '__proto__',
    'constructor',
    'prototype',
    '',
    '0',
    'length',
  ])('may be named %j: methods go on working and the key comes back [B76]', async (key) => {
    const sessions = manager()
    const response = await writing(sessions, '', (session) => {
      session.set(key, { value: key }).set('other', 1)
      expect(session.get(key)).toEqual({ value: key })
      expect(typeof session.id).toBe('string')
    })
    const session = await sessions.read(visit(cookieAfter(response)))
    expect(session.get(key)).toEqual({ value: key })
    expect(session.has(key)).toBe(true)
    expect([...session.keys()].sort()).toEqual([key, 'other'].sort())
    expect(Object.keys(session.toJSON()).sort()).toEqual([key, 'other'].sort())
    expect(Object.getPrototypeOf(session.toJSON())).toBe(Object.prototype)
    expect(({} as Record<string, unknown>).value).toBe(undefined)
  })

  it('are the user’s only: id, owner and times do not show among them [B77]', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ a: 1 }, { owner: 'ada' })
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    const session = await sessions.read(visit(cookie))
    expect(session.keys()).toEqual(['a'])
    expect(session.size).toBe(1)
    expect(JSON.stringify(session)).toBe('{"a":1}')
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

  it('carries what JSON can not: Date, Map, Set, bigint, -0 [B74]', async () => {
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

  it('tells equal values: setting one is no change [B82]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue(rich)
    store.forget()
    await writing(sessions, cookie, (session) => {
      session.set('since', new Date(0))
      session.set('tags', new Map([['a', new Set([1, 2])]]))
    })
    expect(store.methods).toEqual(['load'])
  })

  it('tells what was changed in place: a Map, a Set, a Date [B85]', async () => {
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

  it('that refuses a value fails the save, and nothing is stored [B73]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue(rich)
    store.forget()
    await expect(
      writing(sessions, cookie, (session) => session.set('count', (() => {}) as unknown as number)),
    ).rejects.toThrow()
    expect(store.methods.filter((method) => method !== 'load')).toEqual([])
  })

  it('may check values as they are set [B73]', async () => {
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

describe('a schema', () => {
  const schema = z.object({
    user: z.string().min(2).optional(),
    visits: z.number().int().default(0),
  })

  function setUp(onInvalidData?: 'reset' | 'throw') {
    const store = new StagedStore()
    const events: SessionEvent[] = []
    const sessions = new SessionManager({
      store,
      secret,
      schema,
      ...(onInvalidData && { onInvalidData }),
      onEvent: (event) => events.push(event),
    })
    const loose = new SessionManager({ store, secret })
    return { store, events, sessions, loose }
  }

  it('lets data through that fits, and fills in defaults when it is stored', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const session = await sessions.read(visit(cookie))
    expect(session.get('user')).toBe('ada')
    expect(session.get('visits')).toBe(0)
  })

  it('refuses data that does not fit when it is saved: a SessionDataError names the key, not the value [B73]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.forget()
    const writes = writing(sessions, cookie, (session) => session.set('visits', 1234.5))
    await expect(writes).rejects.toThrow(SessionDataError)
    await expect(writes).rejects.toMatchObject({
      code: 'ERR_SESSION_DATA',
      message: expect.stringMatching(/^(?!.*1234).*visits/),
    })
    expect(store.methods.filter((method) => method !== 'load')).toEqual([])
  })

  it('refuses stored data that does not fit: a new session, an event, and the record stays', async () => {
    const { sessions, loose, events, store } = setUp()
    const { cookie, id } = await loose.issue({ user: 42 })
    const session = await sessions.read(visit(cookie))
    expect(session.isNew).toBe(true)
    expect(session.id).not.toBe(id)
    expect(events).toMatchObject([{ type: 'rejected', reason: 'data', id }])
    expect(await store.load(id)).toBeDefined()
  })

  it('throws on stored data that does not fit when onInvalidData says so', async () => {
    const { sessions, loose } = setUp('throw')
    const { cookie } = await loose.issue({ user: 42 })
    await expect(sessions.read(visit(cookie))).rejects.toThrow(SessionDataError)
  })

  it('may be asynchronous', async () => {
    const slow = z.object({ user: z.string().refine(async (user) => user !== 'eve') })
    const sessions = new SessionManager({ store: new MemoryStore(), secret, schema: slow })
    const { cookie } = await sessions.issue({ user: 'ada' })
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
    await expect(sessions.issue({ user: 'eve' })).rejects.toThrow(SessionDataError)
  })

  it('drops keys that it does not know, if it is one that does so', async () => {
    const { sessions, loose } = setUp()
    const { cookie } = await loose.issue({ user: 'ada', extra: true })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ user: 'ada', visits: 0 })
  })
})

describe('stored text that is no session data', () => {
  it.each(['', 'null', '[]', '1', '"text"', '{', 'undefined', 'true'])(
    'is a new session by default, or a SessionDataError that does not quote it: %j',
    async (data) => {
      const store = new MemoryStore()
      const events: SessionEvent[] = []
      const sessions = new SessionManager({ store, secret, onEvent: (event) => events.push(event) })
      const { cookie, id } = await sessions.issue({})
      const record = store.load(id)
      store.update(id, { ...(record as NonNullable<typeof record>), data, version: 2 })
      events.length = 0
      expect((await sessions.read(visit(cookie))).isNew).toBe(true)
      expect(events).toMatchObject([{ type: 'rejected', reason: 'data', id }])
      const strict = new SessionManager({ store, secret, onInvalidData: 'throw' })
      await expect(strict.read(visit(cookie))).rejects.toThrow(SessionDataError)
    },
  )
})

describe('an update that fails', () => {
  it('leaves the value as it was, even if it had changed it in place', async () => {
    const sessions = new SessionManager<{ cart: string[] }>({ store: new MemoryStore(), secret })
    const { cookie } = await sessions.issue({ cart: ['book'] })
    const failing = (cart: string[] = []): string[] => {
      cart.push('half of an order')
      throw new RangeError('sold out')
    }
    await writing(sessions, cookie, (session) => {
      expect(() => session.update('cart', failing)).toThrow(RangeError)
      expect(session.get('cart')).toEqual(['book'])
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual(['book'])
  })
})

describe('setLifetime', () => {
  it('writes nothing when it says what holds already', async () => {
    const events: SessionEvent[] = []
    const sessions = new SessionManager({
      store: new MemoryStore(),
      secret,
      onEvent: (event) => void events.push(event),
    })
    const { cookie } = await sessions.issue({ user: 'ada' })
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    await writing(sessions, cookie, (session) => session.setLifetime({ idleTimeout: 60 }))
    expect(events.filter(({ type }) => type === 'saved')).toHaveLength(1)
  })
})

describe('a schema that asks for keys', () => {
  const schema = z.object({ visits: z.number(), user: z.string().optional() })

  it('lets a session hold nothing: cleared, or a guest that is always stored', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager({ store, secret, schema, persistence: 'always' })
    const { cookie, id } = await sessions.issue({ visits: 1 })
    await writing(sessions, cookie, (session) => session.clear())
    expect(store.load(id)?.data).toBe('{}')
    const session = await sessions.read(visit(cookie))
    expect([session.isNew, session.size]).toEqual([false, 0])
    const guest = await sessions.handle(visit(), () => new Response())
    expect(guest.headers.getSetCookie()).toHaveLength(1)
  })

  it('refuses a session that holds something and lacks one of them', async () => {
    const sessions = new SessionManager({ store: new MemoryStore(), secret, schema })
    await expect(sessions.issue({ user: 'ada' })).rejects.toThrow(SessionDataError)
  })
})

describe('a property that is undefined', () => {
  it('is no change where there was none [B82]', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager({ store, secret })
    const { cookie } = await sessions.issue({ user: { name: 'ada' } })
    store.forget()
    await writing(sessions, cookie, (session) => session.set('user', { name: 'ada', nick: undefined }))
    expect(store.methods).toEqual(['load'])
  })

  it('is stored once, so that the commit after a save() leaves alone what others wrote [B98, hardest 18]', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager({ store, secret })
    const { cookie, id } = await sessions.issue({ user: { name: 'ada' } })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('user', { name: 'grace', nick: undefined })
      await handle.save()
      await writing(sessions, cookie, (session) => session.set('user', { name: 'joan' }))
      return new Response()
    })
    expect(store.memory.load(id)?.data).toBe('{"user":{"name":"joan"}}')
  })
})

describe('an update that throws', () => {
  it('leaves the value that the request holds in the session, where it can be changed in place [B85]', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<{ cart: string[] }>({ store, secret })
    const { cookie, id } = await sessions.issue({ cart: ['tea'] })
    await writing(sessions, cookie, (session) => {
      const cart = session.get('cart')
      const fail = (): never => {
        throw new Error('thrown by the callback')
      }
      expect(() => session.update('cart', fail)).toThrow('thrown by the callback')
      cart?.push('milk')
    })
    expect(store.load(id)?.data).toBe('{"cart":["tea","milk"]}')
  })
})
