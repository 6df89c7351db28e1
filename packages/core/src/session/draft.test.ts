import { describe, expect, it } from 'vitest'
import type { SessionManager } from '../index.js'
import { type Customer, storedSession } from '../testing/observed-session.js'
import { sessionCookies } from '../testing/response-cookies.js'
import { writing } from '../testing/serve.js'
import { stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'

type Change = Parameters<typeof writing<Customer>>[2]

/** Which calls the store gets when a visitor with a session does this to it. */
async function callsOf(change: Change) {
  const { store, sessions, cookie } = await storedSession()
  const response = await writing(sessions, cookie, change)
  return { methods: store.methods, cookies: sessionCookies(response), store, sessions, cookie }
}

interface Data {
  user: string
  visits: number
  cart: { items: string[]; coupon?: { code: string } }
}

const setUp = stagedManager<Data>

describe('a session is not changed, and not written,', () => {
  it('by reading it', async () => {
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
    ['the very object that was read', (session) => session.set('cart', session.get('cart') as Customer['cart'])],
    ['an update to the same', (session) => session.update('user', (user = '') => user)],
    ['an update to an equal object', (session) => session.update('cart', () => ({ items: ['tea'] }))],
  ])('by setting an equal value: %s', async (_, change) => {
    expect((await callsOf(change)).methods).toEqual(['load'])
  })

  it('by an equal object whose keys have another order', async () => {
    const { store, sessions } = await storedSession()
    const wide = sessions as unknown as SessionManager<{ point: { x: number; y: number } }>
    const { cookie } = await wide.issue({ point: { x: 1, y: 2 } })
    store.forget()
    await writing(wide, cookie, (session) => session.set('point', { y: 2, x: 1 }))
    expect(store.methods).toEqual(['load'])
  })

  it('by deleting or taking a key that is not there', async () => {
    const { methods } = await callsOf((session) => {
      expect(session.delete('count')).toBe(false)
      expect(session.take('count')).toBe(undefined)
      session.set('count', undefined as unknown as number)
    })
    expect(methods).toEqual(['load'])
  })

  it('by clearing it when it is empty', async () => {
    const { store, sessions } = await storedSession()
    const { cookie } = await sessions.issue({})
    store.forget()
    await writing(sessions, cookie, (session) => session.clear())
    expect(store.methods).toEqual(['load'])
  })

  it.each<[string, Change]>([
    ['clear()', (session) => session.clear()],
    ['clear({ except })', (session) => session.clear({ except: ['user'] })],
    ['setLabel(undefined)', (session) => session.setLabel(undefined)],
    ['setOwner(undefined)', (session) => session.setOwner(undefined)],
    ['setLifetime(undefined)', (session) => session.setLifetime(undefined)],
    ['an empty lifetime', (session) => session.setLifetime({})],
  ])('nor begun, by what changes nothing of a new one: %s', async (_, change) => {
    const { store, sessions } = await storedSession()
    const response = await writing(sessions, '', change)
    expect(store.methods).toEqual([])
    expect(sessionCookies(response)).toEqual([])
  })

  it.each<[string, Change]>([
    ['a clear of no key', (session) => session.clear({ except: ['user', 'cart', 'count'] })],
    ['the same owner', (session) => session.setOwner('ada')],
    ['the same label', (session) => session.setLabel('phone')],
    ['the same lifetime', (session) => session.setLifetime({ idleTimeout: 60, persistent: true })],
    ['a part of the same lifetime', (session) => session.setLifetime({ idleTimeout: 60 })],
    ['an empty lifetime', (session) => session.setLifetime({})],
  ])('by %s, also while it is saved', async (_, change) => {
    const { store, sessions, cookie } = await storedSession()
    await writing(sessions, cookie, (session) => {
      session.setOwner('ada')
      session.setLabel('phone')
      session.setLifetime({ idleTimeout: 60, persistent: true })
    })
    store.forget()
    await writing(sessions, cookie, change)
    expect(store.methods).toEqual(['load'])
    store.forget()
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('count', 1)
      store.before('update', () => change(session.set('count', 1)))
      await handle.save()
      store.heal()
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update'])
  })

  it('by an object that is changed in place and back again', async () => {
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
  ])('by %s', async (_, change) => {
    expect((await callsOf(change)).methods).toEqual(['load', 'update'])
  })

  it('by a value that is changed in place, however deep', async () => {
    const { methods, sessions, cookie } = await callsOf((session) => session.get('cart')?.items.push('milk'))
    expect(methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'] })
  })

  it('by a value that was set and is changed in place afterwards, as the session hands it out', async () => {
    const { store, sessions, cookie } = await storedSession()
    await writing(sessions, cookie, (session) => {
      session
        .set('cart', { items: ['a'] })
        .get('cart')
        ?.items.push('b')
    })
    expect(store.methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['a', 'b'] })
  })

  it('by a value that is set to another one and back again: last writer wins', async () => {
    const { methods } = await callsOf((session) => session.set('user', 'grace').set('user', 'ada'))
    expect(methods).toEqual(['load', 'update'])
  })

  it('and its cookie is not sent again as long as its expiry does not move', async () => {
    const { cookies } = await callsOf((session) => session.set('user', 'grace'))
    expect(cookies).toEqual([])
  })

  it('and keeps its id', async () => {
    const { sessions, cookie, id } = await storedSession()
    for (const user of ['a', 'b', 'c']) {
      await writing(sessions, cookie, (session) => {
        expect(session.set('user', user).id).toBe(id)
      })
    }
    expect((await sessions.read(visit(cookie))).id).toBe(id)
  })
})

describe('what is read', () => {
  it('is frozen, so that no change can be lost without notice', async () => {
    const { sessions, cookie } = await storedSession()
    const session = await sessions.read(visit(cookie))
    const cart = session.get('cart') as Customer['cart']
    expect(() => cart.items.push('milk')).toThrow(TypeError)
    expect(() => {
      cart.items = []
    }).toThrow(TypeError)
    const all = session.toJSON() as unknown as Customer
    expect(() => all.cart.items.push('milk')).toThrow(TypeError)
  })

  it('shows what a writer of the same request has done, and can not be used to change it', async () => {
    const { sessions, cookie } = await storedSession()
    const request = visit(cookie)
    const writer = await sessions.write(request)
    const reader = await sessions.read(request)
    writer.get('cart')?.items.push('milk')
    const cart = reader.get('cart') as Customer['cart']
    expect(cart.items).toEqual(['tea', 'milk'])
    expect(() => cart.items.push('more')).toThrow(TypeError)
    writer.get('cart')?.items.push('sugar')
    expect(reader.get('cart')?.items).toEqual(['tea', 'milk', 'sugar'])
  })

  it('can be changed by a writer of the same request after a reader has had it', async () => {
    const { sessions, cookie, store } = await storedSession()
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.read()).get('cart')
      ;(await handle.write()).get('cart')?.items.push('milk')
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'] })
  })
})

describe('a nested value', () => {
  it('that is changed in place is saved', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ cart: { items: ['tea'] } })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      cart?.items.push('milk')
      Object.assign(cart as object, { coupon: { code: 'X' } })
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'], coupon: { code: 'X' } })
  })

  it('that was set stays the caller’s own: neither sees what the other does to it', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const EMPTY = { items: [] as string[] }
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('cart', EMPTY).get('cart')?.items.push('tea')
      EMPTY.items.push('milk')
      return new Response()
    })
    expect(EMPTY).toEqual({ items: ['milk'] })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea'] })
  })

  it('that an update returned stays the caller’s own, too', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const EMPTY = { items: [] as string[] }
    await writing(sessions, cookie, (session) => {
      session.update('cart', (cart = EMPTY) => cart).items.push('tea')
      session.get('cart')?.items.push('milk')
    })
    expect(EMPTY).toEqual({ items: [] })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'] })
  })

  it('that was read can not be changed at all: it is frozen, all the way down', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ cart: { items: ['tea'], coupon: { code: 'X' } } })
    const session = await sessions.read(visit(cookie))
    const cart = session.get('cart')
    expect(Object.isFrozen(cart)).toBe(true)
    expect(Object.isFrozen(cart?.items)).toBe(true)
    expect(Object.isFrozen(cart?.coupon)).toBe(true)
    expect(Object.isFrozen(session.toJSON().cart)).toBe(true)
    expect(() => (cart as Data['cart']).items.push('milk')).toThrow(TypeError)
  })

  it('that was changed in place in one request is not seen by another that never saved', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ cart: { items: ['tea'] } })
    const one = await sessions.write(visit(cookie))
    one.get('cart')?.items.push('milk')
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea'] })
  })

  it('does not freeze what the writer of the same request holds', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ cart: { items: ['tea'] } })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      const seen = (await handle.read()).get('cart')
      expect(Object.isFrozen(seen)).toBe(true)
      cart?.items.push('milk')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk'] })
  })
})
