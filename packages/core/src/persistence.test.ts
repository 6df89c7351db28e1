import { describe, expect, it } from 'vitest'
import { type PersistencePolicy, SessionManager } from './index.js'
import { Clock, reading, writing } from './testing/serve.js'
import { randomToken, signedValue } from './testing/sign.js'
import { StagedStore } from './testing/staged-store.js'
import { cookieAfter, sessionCookies, visit } from './testing/visit.js'

const secret = 'thirty-two bytes of secret, at least'
const name = '__Host-sid'

interface Data {
  user: string
  cart: { items: string[] }
  count: number
}

/** A session that is stored, its cookie, and a store that notes what is asked of it from here on. */
async function setUp(persistence: PersistencePolicy = 'changed') {
  const store = new StagedStore()
  const clock = new Clock()
  const sessions = new SessionManager<Data>({ store, secret, persistence, now: clock.now })
  const { cookie, id } = await sessions.issue({ user: 'ada', cart: { items: ['tea'] } })
  store.forget()
  return { store, clock, sessions, cookie, id }
}

type Change = Parameters<typeof writing<Data>>[2]

/** Which calls the store gets when a visitor with a session does this to it. */
async function callsOf(change: Change) {
  const { store, sessions, cookie } = await setUp()
  const response = await writing(sessions, cookie, change)
  return { methods: store.methods, cookies: sessionCookies(response), store, sessions, cookie }
}

const badCookies: [string, () => string | Promise<string>][] = [
  ['no cookie', () => ''],
  ['rubbish', () => `${name}=rubbish`],
  ['a forged signature', () => `${name}=${randomToken()}.${randomToken()}`],
  ['a good signature of an unknown session', async () => `${name}=${await signedValue(secret, name, randomToken())}`],
]

describe('a session is not changed, and not written,', () => {
  it('by reading it [B80, B89]', async () => {
    const { methods, cookies } = await callsOf((session) => {
      session.get('user')
      session.get('cart')
      session.get('count')
      session.has('cart')
      session.keys()
      session.toJSON()
    })
    expect(methods).toEqual(['load'])
    expect(cookies).toEqual([])
  })

  it.each<[string, Change]>([
    ['a string', (session) => session.set('user', 'ada')],
    ['an object', (session) => session.set('cart', { items: ['tea'] })],
    ['the very object that was read', (session) => session.set('cart', session.get('cart') as Data['cart'])],
    ['an update to the same', (session) => session.update('user', (user = '') => user)],
    ['an update to an equal object', (session) => session.update('cart', () => ({ items: ['tea'] }))],
  ])('by setting an equal value: %s [B82]', async (_, change) => {
    expect((await callsOf(change)).methods).toEqual(['load'])
  })

  it('by an equal object whose keys have another order [B82]', async () => {
    const { store, sessions } = await setUp()
    const wide = sessions as unknown as SessionManager<{ point: { x: number; y: number } }>
    const { cookie } = await wide.issue({ point: { x: 1, y: 2 } })
    store.forget()
    await writing(wide, cookie, (session) => session.set('point', { y: 2, x: 1 }))
    expect(store.methods).toEqual(['load'])
  })

  it('by deleting or taking a key that is not there [B84]', async () => {
    const { methods } = await callsOf((session) => {
      expect(session.delete('count')).toBe(false)
      expect(session.take('count')).toBe(undefined)
      session.set('count', undefined as unknown as number)
    })
    expect(methods).toEqual(['load'])
  })

  it('by clearing it when it is empty [B84]', async () => {
    const { store, sessions } = await setUp()
    const { cookie } = await sessions.issue({})
    store.forget()
    await writing(sessions, cookie, (session) => session.clear())
    expect(store.methods).toEqual(['load'])
  })

  it('by an object that is changed in place and back again [B83]', async () => {
    const { methods } = await callsOf((session) => {
      session.get('cart')?.items.push('milk')
      session.get('cart')?.items.pop()
    })
    expect(methods).toEqual(['load'])
  })
})

describe('a session is changed, and written once,', () => {
  it.each<[string, Change]>([
    ['a new key', (session) => session.set('count', 1)],
    ['another value', (session) => session.set('user', 'grace')],
    ['deleting a key', (session) => session.delete('user')],
    ['taking a key', (session) => session.take('user')],
    ['setting undefined', (session) => session.set('user', undefined as unknown as string)],
    ['clearing', (session) => session.clear()],
    ['an update', (session) => session.update('count', (count = 0) => count + 1)],
    ['an owner', (session) => session.setOwner('ada')],
    ['an object of another content', (session) => session.set('cart', { items: [] })],
    [
      'a hundred changes',
      (session) => {
        for (let count = 0; count < 100; count++) session.set('count', count)
      },
    ],
  ])('by %s [B81, B90]', async (_, change) => {
    expect((await callsOf(change)).methods).toEqual(['load', 'update'])
  })

  it('by a value that is changed in place, however deep [B85]', async () => {
    const { methods, sessions, cookie } = await callsOf((session) => session.get('cart')?.items.push('milk'))
    expect(methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'] })
  })

  it('by a value that was set and is changed in place afterwards [B85]', async () => {
    const { store, sessions, cookie } = await setUp()
    await writing(sessions, cookie, (session) => {
      const cart = { items: ['a'] }
      session.set('cart', cart)
      cart.items.push('b')
    })
    expect(store.methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['a', 'b'] })
  })

  it('by a value that is set to another one and back again: last writer wins [B83]', async () => {
    const { methods } = await callsOf((session) => session.set('user', 'grace').set('user', 'ada'))
    expect(methods).toEqual(['load', 'update'])
  })

  it('and its cookie is not sent again as long as its expiry does not move [B97]', async () => {
    const { cookies } = await callsOf((session) => session.set('user', 'grace'))
    expect(cookies).toEqual([])
  })

  it('and keeps its id [B79]', async () => {
    const { sessions, cookie, id } = await setUp()
    for (const user of ['a', 'b', 'c']) {
      await writing(sessions, cookie, (session) => {
        expect(session.set('user', user).id).toBe(id)
      })
    }
    expect((await sessions.read(visit(cookie))).id).toBe(id)
  })
})

describe('what is read', () => {
  it('is frozen, so that no change can be lost without notice [B85]', async () => {
    const { sessions, cookie } = await setUp()
    const session = await sessions.read(visit(cookie))
    const cart = session.get('cart') as Data['cart']
    expect(() => cart.items.push('milk')).toThrow(TypeError)
    expect(() => {
      cart.items = []
    }).toThrow(TypeError)
    const all = session.toJSON() as unknown as Data
    expect(() => all.cart.items.push('milk')).toThrow(TypeError)
  })

  it('shows what a writer of the same request has done, and can not be used to change it [B85]', async () => {
    const { sessions, cookie } = await setUp()
    const request = visit(cookie)
    const writer = await sessions.write(request)
    const reader = await sessions.read(request)
    writer.get('cart')?.items.push('milk')
    const cart = reader.get('cart') as Data['cart']
    expect(cart.items).toEqual(['tea', 'milk'])
    expect(() => cart.items.push('more')).toThrow(TypeError)
    writer.get('cart')?.items.push('sugar')
    expect(reader.get('cart')?.items).toEqual(['tea', 'milk', 'sugar'])
  })

  it('can be changed by a writer of the same request after a reader has had it [B85]', async () => {
    const { sessions, cookie, store } = await setUp()
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.read()).get('cart')
      ;(await handle.write()).get('cart')?.items.push('milk')
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'] })
  })
})

describe('save()', () => {
  it('stores at once, and the end of the request stores nothing again [B86, B98]', async () => {
    const { sessions, cookie, store } = await setUp()
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('count', 1)
      await handle.save()
      expect(store.methods).toEqual(['load', 'update'])
      await handle.save()
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update'])
  })

  it('leaves a later change to the end of the request [B98]', async () => {
    const { sessions, cookie, store } = await setUp()
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('count', 1)
      await handle.save()
      session.set('count', 2)
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update', 'update'])
    expect((await sessions.read(visit(cookie))).get('count')).toBe(2)
  })

  it('keeps an eye on objects that the request still holds [B85, B98]', async () => {
    const { sessions, cookie } = await setUp()
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      cart?.items.push('milk')
      await handle.save()
      cart?.items.push('sugar')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk', 'sugar'] })
  })

  it('of a new session makes its cookie due, even if nothing changes afterwards [B98]', async () => {
    const { sessions, store } = await setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      ;(await handle.write()).set('count', 1)
      await handle.save()
      return new Response()
    })
    expect(store.methods).toEqual(['create'])
    expect((await sessions.read(visit(cookieAfter(response)))).get('count')).toBe(1)
  })

  it('without a read or a write before does nothing [B102]', async () => {
    const { sessions, cookie, store } = await setUp()
    await sessions.open(visit(cookie)).save()
    expect(store.calls).toEqual([])
  })
})

describe('a stored session whose last key goes', () => {
  it('stays, empty, with its record, its id and its cookie [B100]', async () => {
    const { sessions, store } = await setUp()
    const { cookie, id } = await sessions.issue({ count: 1 })
    const response = await writing(sessions, cookie, (session) => session.delete('count'))
    expect(sessionCookies(response)).toEqual([])
    const session = await sessions.read(visit(cookie))
    expect(session.size).toBe(0)
    expect(session.isNew).toBe(false)
    expect(session.id).toBe(id)
    expect(store.memory.size).toBe(2)
  })
})

describe("with persistence 'changed', the default,", () => {
  it('is what a manager does that was not told [B89]', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    await reading(sessions, '')
    expect(store.calls).toEqual([])
  })

  it.each(badCookies)('reading with %s stores nothing and sends no cookie [B89]', async (_, bad) => {
    const { sessions, store } = await setUp('changed')
    const response = await reading(sessions, await bad())
    expect(sessionCookies(response)).toEqual([])
    expect(store.methods.filter((method) => method !== 'load')).toEqual([])
  })

  it('reading a live session stores nothing and sends no cookie [B89]', async () => {
    const { sessions, store, cookie } = await setUp('changed')
    expect(sessionCookies(await reading(sessions, cookie))).toEqual([])
    expect(store.methods).toEqual(['load'])
  })

  it.each(badCookies)(
    'writing with %s stores the session under a new id and sends its cookie [B90, B91]',
    async (_, bad) => {
      const { sessions, store, id } = await setUp('changed')
      const before = await bad()
      const response = await writing(sessions, before, (session) => session.set('user', 'grace'))
      expect(store.methods.filter((method) => method !== 'load')).toEqual(['create'])
      const after = cookieAfter(response)
      expect(after).not.toBe(before)
      const session = await sessions.read(visit(after))
      expect(session.get('user')).toBe('grace')
      expect(session.id).not.toBe(id)
    },
  )

  it.each<[string, Change]>([
    ['sets a key and deletes it again', (session) => session.set('count', 1).delete('count')],
    ['sets a key and clears', (session) => session.set('count', 1).clear()],
    ['sets a key and takes it', (session) => session.set('count', 1).take('count')],
    ['sets undefined', (session) => session.set('user', undefined as unknown as string)],
    ['does nothing but regenerate', (session) => session.regenerate()],
    ['does nothing but set a lifetime', (session) => session.setLifetime({ idleTimeout: 60 })],
    ['destroys it', (session) => session.set('count', 1).destroy()],
  ])('a new session that %s stays out of the store and sends no cookie [B101]', async (_, change) => {
    const { sessions, store } = await setUp('changed')
    expect(sessionCookies(await writing(sessions, '', change))).toEqual([])
    expect(store.calls).toEqual([])
  })

  it('a new session with nothing but an owner is stored, since that is something in it [B90]', async () => {
    const { sessions } = await setUp('changed')
    const response = await writing(sessions, '', (session) => session.setOwner('ada'))
    expect((await sessions.read(visit(cookieAfter(response)))).owner).toBe('ada')
  })

  it('a handler that does not ask for its session costs no store call, and its response passes through [B102]', async () => {
    const { sessions, store, cookie } = await setUp('changed')
    const response = new Response()
    expect(await sessions.handle(visit(cookie), () => response)).toBe(response)
    expect(store.calls).toEqual([])
    expect([...response.headers.keys()]).toEqual([])
  })

  it('a request without a cookie never asks the store when it reads [B103]', async () => {
    const { sessions, store } = await setUp('changed')
    await reading(sessions, '')
    await reading(sessions, 'other=1; more=2')
    expect(store.calls).toEqual([])
  })
})

describe("with persistence 'existing'", () => {
  it('writes once for a request that saves and then changes nothing [B98]', async () => {
    const { sessions, store, cookie } = await setUp('existing')
    store.calls.length = 0
    await sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      await handle.save()
      return new Response()
    })
    expect(store.calls.map(({ method }) => method)).toEqual(['load', 'touch'])
  })

  it.each(badCookies)(
    'a request with %s that leaves its session alone stores nothing and gets no cookie [B92, B95]',
    async (_, bad) => {
      const { sessions, store } = await setUp('existing')
      const before = await bad()
      expect(sessionCookies(await sessions.handle(visit(before), () => new Response()))).toEqual([])
      expect(sessionCookies(await reading(sessions, before))).toEqual([])
      expect(sessionCookies(await writing(sessions, before, () => {}))).toEqual([])
      expect(store.methods.filter((method) => method !== 'load')).toEqual([])
      expect(store.memory.size).toBe(1)
    },
  )

  it.each(badCookies)('writing with %s stores the session and sends its cookie [B93]', async (_, bad) => {
    const { sessions } = await setUp('existing')
    const response = await writing(sessions, await bad(), (session) => session.set('user', 'grace'))
    expect((await sessions.read(visit(cookieAfter(response)))).get('user')).toBe('grace')
  })

  it('a live session is written for every request that came with it, asked for or not [B94]', async () => {
    const { sessions, store, cookie, clock, id } = await setUp('existing')
    clock.passes(1)
    await sessions.handle(visit(cookie), () => new Response())
    expect(store.methods).toEqual(['load', 'touch'])
    expect((await store.load(id))?.expiresAt).toBe(clock.time + 86_400_000)
    store.forget()
    clock.passes(1)
    await reading(sessions, cookie)
    expect(store.methods).toEqual(['load', 'touch'])
    expect((await store.load(id))?.expiresAt).toBe(clock.time + 86_400_000)
  })

  it('a change is written once: it moves the expiry, too [B94]', async () => {
    const { sessions, store, cookie, clock, id } = await setUp('existing')
    clock.passes(1)
    await writing(sessions, cookie, (session) => session.set('count', 1))
    expect(store.methods).toEqual(['load', 'update'])
    expect((await store.load(id))?.expiresAt).toBe(clock.time + 86_400_000)
  })

  it('a request without a cookie costs nothing [B92, B102]', async () => {
    const { sessions, store } = await setUp('existing')
    const response = new Response()
    expect(await sessions.handle(visit('other=1'), () => response)).toBe(response)
    expect(store.calls).toEqual([])
  })
})

describe("with persistence 'always'", () => {
  it.each(badCookies)(
    'a request with %s that leaves its session alone gets a guest session under a new id [B87]',
    async (_, bad) => {
      const { sessions, store, id } = await setUp('always')
      const before = await bad()
      const response = await sessions.handle(visit(before), () => new Response())
      expect(store.methods.filter((method) => method !== 'load')).toEqual(['create'])
      const after = cookieAfter(response)
      expect(after).not.toBe(before)
      const guest = await sessions.read(visit(after))
      expect(guest.isNew).toBe(false)
      expect(guest.size).toBe(0)
      expect(guest.id).not.toBe(id)
    },
  )

  it('a live session that is left alone is written, so that its expiry moves [B88]', async () => {
    const { sessions, store, cookie, clock, id } = await setUp('always')
    clock.passes(1)
    await sessions.handle(visit(cookie), () => new Response())
    expect(store.methods).toEqual(['load', 'touch'])
    expect((await store.load(id))?.expiresAt).toBe(clock.time + 86_400_000)
  })

  it('a guest keeps the session that it was given [B87]', async () => {
    const { sessions, store } = await setUp('always')
    const cookie = cookieAfter(await sessions.handle(visit(), () => new Response()))
    const response = await sessions.handle(visit(cookie), () => new Response())
    expect(cookieAfter(response, cookie)).toBe(cookie)
    expect(store.methods.filter((method) => method === 'create')).toHaveLength(1)
  })

  it('a session that is destroyed is not replaced by a guest session in the same response [B87]', async () => {
    const { sessions, store, cookie } = await setUp('always')
    const response = await writing(sessions, cookie, (session) => session.destroy())
    expect(cookieAfter(response, cookie)).toBe('')
    expect(store.memory.size).toBe(0)
  })
})
