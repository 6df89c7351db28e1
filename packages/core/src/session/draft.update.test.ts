import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from '../index.js'
import { increment, processOn, times } from '../testing/process.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

describe('the update callback', () => {
  it('runs again on the newer value when another request won', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    const seen: (number | undefined)[] = []
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).update('visits', (n) => {
        seen.push(n)
        return (n ?? 0) + 1
      })
      await sessions.handle(visit(cookie), async (other) => {
        ;(await other.write()).set('visits', 100)
        return new Response()
      })
      return new Response()
    })
    expect(seen[0]).toBe(1)
    expect(seen.at(-1)).toBe(100)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(101)
  })

  it('sees undefined when another request deleted the key', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 5 })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).update('visits', (n = 0) => n + 1)
      await sessions.handle(visit(cookie), async (other) => {
        ;(await other.write()).delete('visits')
        return new Response()
      })
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })

  it('runs again even if it changed nothing at first, when the request has something to store', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.update('visits', (n = 0) => Math.min(n, 10))
      session.update('visits', (n = 0) => n + 1)
      await sessions.handle(visit(cookie), async (other) => {
        ;(await other.write()).set('visits', 100)
        return new Response()
      })
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(11)
  })

  it('that throws when it runs again fails its own request only, with its own error', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ stock: 1 })
    const error = new Error('sold out')
    const buy = (): Promise<Response> =>
      sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.write()
        session.update('stock', (n = 0) => {
          if (n === 0) throw error
          return n - 1
        })
        return new Response()
      })
    // All load while one is left, and then their commits queue up.
    store.delay(2, 2)
    const others = times(5, (index) => increment(sessions, cookie, `other ${index}`))
    const outcomes = await Promise.allSettled([...others, ...times(5, buy)])
    store.heal()
    const rejected = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(rejected).toHaveLength(4)
    for (const { reason } of rejected) expect(reason).toBe(error)
    const session = await sessions.read(visit(cookie))
    expect(session.get('stock')).toBe(0)
    for (let index = 0; index < 5; index++) expect(session.get(`other ${index}`)).toBe(1)
  })

  it('that makes something JSON can not carry when it runs again fails its own request only', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ divisor: 2 })
    const divide = sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.update('divisor', (n = 0) => 1 / n)
      await sessions.handle(visit(cookie), async (other) => {
        ;(await other.write()).set('divisor', 0)
        return new Response()
      })
      return new Response()
    })
    await expect(divide).rejects.toThrow(TypeError)
    expect((await sessions.read(visit(cookie))).get('divisor')).toBe(0)
  })
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

describe('an update that returns nothing', () => {
  const forgetful = (change: (cart: string[]) => void) => change as (cart: string[] | undefined) => string[]

  it('is a TypeError that says what to do, and leaves the value as it was', async () => {
    const sessions = new SessionManager<{ cart: string[] }>({ store: new MemoryStore(), secret })
    const { cookie } = await sessions.issue({ cart: ['book'] })
    await writing(sessions, cookie, (session) => {
      const update = () =>
        session.update(
          'cart',
          forgetful((cart) => void cart.push('tea')),
        )
      expect(update).toThrow(TypeError)
      expect(update).toThrow('cart is undefined after update(): return the new value, or call delete()')
      expect(session.get('cart')).toEqual(['book'])
    })
  })

  it('is one as well where it is made again to what another request has stored', async () => {
    const { sessions } = processOn(new StagedStore())
    const { cookie } = await sessions.issue({ other: 1 })
    const forgetting = sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('other', 2)
      expect(session.update('visits', () => undefined as never)).toBe(undefined)
      await writing(sessions, cookie, (other) => void other.set('visits', 5))
      return new Response()
    })
    await expect(forgetting).rejects.toThrow(TypeError)
    expect((await sessions.read(cookie)).get('visits')).toBe(5)
  })
})

describe('an update that throws', () => {
  it('leaves the value that the request holds in the session, where it can be changed in place', async () => {
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
  it('leaves the value as it was, whatever has been put into the object that the request holds', async () => {
    class Amount {
      readonly cents = 5n
    }
    const sessions = new SessionManager<{ cart: object[] }>({ store: new MemoryStore(), secret })
    const { cookie } = await sessions.issue({ cart: [{}] })
    await writing(sessions, cookie, (session) => {
      session.get('cart')
      const pay = (cart: object[] = []): object[] => cart.fill(new Amount())
      expect(() => session.update('cart', pay)).toThrow('Session key "cart" holds')
      expect(session.get('cart')).toEqual([{}])
    })
  })
})
