import { describe, expect, it } from 'vitest'
import { SessionManager, type SessionOptions, type WritableSession } from '../index.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  cart: string[]
  visits: number
}

type Session = WritableSession<Data>

type Pair = [SessionManager<Data>, SessionManager<Data>]

type Save = (change?: (session: Session) => void) => Promise<void>

/** What one request does to its session while another changes it. */
interface Story {
  /** What the other request does before the first one saves. */
  other?: (session: Session) => unknown
  /** What the request does after that, to the cart that it got before it. */
  act: (cart: string[], session: Session, save: Save, store: StagedStore) => unknown
  options?: Partial<SessionOptions<Data>>
}

/** A request gets its cart of tea, another one changes the session, and the first one saves and goes on. */
async function played({ other = (theirs) => theirs.update('cart', add('milk')), act, options }: Story) {
  const store = new StagedStore()
  const sessions = new SessionManager<Data>({ store, secret, ...options } as SessionOptions<Data>)
  const { id, cookie } = await sessions.issue({ cart: ['tea'], visits: 1 })
  await sessions.handle(visit(cookie), async (handle) => {
    const session = await handle.write()
    const cart = session.get('cart') as string[]
    session.set('visits', 2)
    await writing(sessions, cookie, (theirs) => void other(theirs))
    await handle.save()
    store.forget()
    await act(cart, session, (change) => (change === undefined ? handle.save() : handle.save(change)), store)
    return new Response()
  })
  return { stored: JSON.parse(store.memory.load(id)?.data ?? '{}') as Partial<Data>, methods: store.methods }
}

describe('an object that a request changes in place, and saves,', () => {
  it('is stored once, also where something else is saved meanwhile: another request’s change stays', async () => {
    const store = new StagedStore()
    const [sessions, elsewhere] = [1, 2].map(() => new SessionManager<Data>({ store, secret })) as Pair
    const { cookie } = await sessions.issue({ cart: ['tea'] })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).get('cart')?.push('sugar')
      store.afterNext('update', async () => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        store.beforeNext('update', async () => {
          await writing(elsewhere, cookie, (theirs) => theirs.update('cart', add('milk')))
        })
      })
      await Promise.all([handle.save(), handle.save((session) => void session.set('visits', 2))])
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ cart: ['tea', 'sugar', 'milk'], visits: 2 })
  })
})

describe('an object that a request holds while it clears the session', () => {
  it.each<[string, (session: Session) => void, Partial<Data>]>([
    [
      'is still saved where its key is kept',
      (session) => session.clear({ except: ['cart'] }),
      { cart: ['tea', 'sugar'] },
    ],
    ['is saved no more where it is not', (session) => session.clear(), {}],
  ])('%s', async (_, clear, expected) => {
    const sessions = new SessionManager<Data>({ store: new StagedStore(), secret })
    const { cookie } = await sessions.issue({ cart: ['tea'], visits: 1 })
    await writing(sessions, cookie, (session) => {
      const cart = session.get('cart')
      clear(session)
      cart?.push('sugar')
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual(expected)
  })
})

function add(item: string): (cart?: string[]) => string[] {
  return (cart = []) => [...cart, item]
}

describe('an object that a request holds while save() brings another value of its key', () => {
  it('is saved when it is changed in place afterwards, as a set of the whole value', async () => {
    const { stored } = await played({ act: (cart) => cart.push('sugar') })
    expect(stored).toEqual({ cart: ['tea', 'sugar'], visits: 2 })
  })

  it('is saved by the next save(), and by the one after that', async () => {
    const { stored, methods } = await played({
      act: async (cart, _, save) => {
        cart.push('sugar')
        await save()
        cart.push('bread')
      },
    })
    expect(stored.cart).toEqual(['tea', 'sugar', 'bread'])
    expect(methods).toEqual(['update', 'update'])
  })

  it('is no change as long as nobody changes it', async () => {
    const { stored, methods } = await played({
      act: (_, session) => expect(session.get('cart')).toEqual(['tea', 'milk']),
    })
    expect(stored.cart).toEqual(['tea', 'milk'])
    expect(methods).toEqual([])
  })

  it('is no change where it is changed and back again', async () => {
    const { methods } = await played({
      act: (cart) => {
        cart.push('sugar')
        cart.pop()
      },
    })
    expect(methods).toEqual([])
  })

  it('shows in the session as soon as it is changed', async () => {
    await played({
      act: (cart, session) => {
        cart.push('sugar')
        expect(session.toJSON()).toEqual({ cart: ['tea', 'sugar'], visits: 2 })
        expect(session.get('cart')).toBe(cart)
      },
    })
  })

  it('is what an update begins with once it is changed', async () => {
    const { stored } = await played({
      act: (cart, session) => {
        cart.push('sugar')
        session.update('cart', add('bread'))
      },
    })
    expect(stored.cart).toEqual(['tea', 'sugar', 'bread'])
  })

  it('may be one that an update gave', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie } = await sessions.issue({ cart: [] })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).update('cart', add('tea'))
      await writing(sessions, cookie, (theirs) => void theirs.update('cart', add('milk')))
      await handle.save()
      cart.push('sugar')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual(['tea', 'sugar'])
  })

  it('is saved though the value was got anew, by somebody who only looks at it', async () => {
    const { stored } = await played({
      act: (cart, session) => {
        expect(session.get('cart')).toEqual(['tea', 'milk'])
        cart.push('sugar')
      },
    })
    expect(stored.cart).toEqual(['tea', 'sugar'])
  })

  it('counts less than the one that was got anew, where both are changed', async () => {
    const { stored, methods } = await played({
      act: async (cart, session, save) => {
        session.get('cart')?.push('bread')
        cart.push('sugar')
        await save()
        await save()
      },
    })
    expect(stored.cart).toEqual(['tea', 'milk', 'bread'])
    expect(methods).toEqual(['update'])
  })

  it('leaves the one that was got anew in the hands of who got it', async () => {
    const { stored } = await played({
      act: async (cart, session, save) => {
        const anew = session.get('cart')
        cart.push('sugar')
        await save()
        anew?.push('bread')
      },
    })
    expect(stored.cart).toEqual(['tea', 'milk', 'bread'])
  })

  it.each<[string, (session: Session) => void, Partial<Data>]>([
    ['set', (session) => session.set('cart', ['water']), { cart: ['water'], visits: 2 }],
    ['set to what it is', (session) => session.set('cart', ['tea', 'milk']), { cart: ['tea', 'milk'], visits: 2 }],
    ['updated', (session) => session.update('cart', add('bread')), { cart: ['tea', 'milk', 'bread'], visits: 2 }],
    ['deleted', (session) => session.delete('cart'), { visits: 2 }],
    ['cleared away', (session) => session.clear(), {}],
  ])('counts no more once the key is %s', async (_, change, expected) => {
    const { stored } = await played({
      act: (cart, session) => {
        change(session)
        cart.push('sugar')
      },
    })
    expect(stored).toEqual(expected)
  })

  it('goes on after a clear that keeps its key', async () => {
    const { stored } = await played({
      act: (cart, session) => {
        session.clear({ except: ['cart'] })
        cart.push('sugar')
      },
    })
    expect(stored).toEqual({ cart: ['tea', 'sugar'] })
  })

  it('is back when it is changed after another request has deleted its key', async () => {
    const { stored } = await played({
      other: (theirs) => theirs.delete('cart'),
      act: (cart, session) => {
        expect(session.has('cart')).toBe(false)
        cart.push('sugar')
        expect(session.has('cart')).toBe(true)
      },
    })
    expect(stored.cart).toEqual(['tea', 'sugar'])
  })

  it('has its key listed when it is changed after another request has deleted it', async () => {
    await played({
      other: (theirs) => theirs.delete('cart'),
      act: (cart, session) => {
        expect(session.size).toBe(1)
        cart.push('sugar')
        expect(session.keys()).toEqual(['visits', 'cart'])
      },
    })
  })

  it.each<[string, (session: Session) => void]>([
    ['delete', (session) => session.delete('cart')],
    ['clear', (session) => session.clear()],
  ])('stays away after a %s, where another request has deleted all keys', async (_, end) => {
    const { stored } = await played({
      other: (theirs) => theirs.clear(),
      act: async (cart, session, save) => {
        session.delete('visits')
        await save()
        end(session)
        cart.push('sugar')
      },
    })
    expect(stored).toEqual({})
  })

  it('is an error that names the key where it is changed to what JSON can not carry', async () => {
    const act = (cart: unknown[]): unknown => cart.push(Number.NaN)
    await expect(played({ act })).rejects.toThrow(
      new TypeError('Session key "cart" holds NaN, which JSON can not carry'),
    )
  })

  it('keeps nothing of a save(change) that throws', async () => {
    const { stored, methods } = await played({
      act: async (cart, _, save) => {
        const failing = save(() => {
          cart.push('sugar')
          throw new RangeError('sold out')
        })
        await expect(failing).rejects.toThrow(RangeError)
      },
    })
    expect(stored.cart).toEqual(['tea', 'milk'])
    expect(methods).toEqual([])
  })

  it('keeps nothing of a save(change) that could not be stored', async () => {
    const { stored } = await played({
      act: async (cart, _, save, store) => {
        store.fail('update')
        await expect(save(() => void cart.push('sugar'))).rejects.toThrow('update')
        store.heal()
      },
    })
    expect(stored.cart).toEqual(['tea', 'milk'])
  })

  it('keeps what was done to it before a save(change) that throws', async () => {
    const { stored } = await played({
      act: async (cart, _, save) => {
        cart.push('sugar')
        const failing = save(() => {
          throw new RangeError('sold out')
        })
        await expect(failing).rejects.toThrow(RangeError)
      },
    })
    expect(stored.cart).toEqual(['tea', 'sugar'])
  })

  it('keeps what was done to it while a save(change) could not be stored', async () => {
    const { stored } = await played({
      act: async (cart, _, save, store) => {
        store.beforeNext('update', () => {
          cart.push('sugar')
          throw new Error('out of reach')
        })
        await expect(save((session) => void session.set('visits', 3))).rejects.toThrow('update')
      },
    })
    expect(stored.cart).toEqual(['tea', 'sugar'])
  })

  it('goes on after a save(change) that has set its key, and throws', async () => {
    const { stored } = await played({
      act: async (cart, _, save) => {
        const failing = save((session) => {
          session.set('cart', [])
          throw new RangeError('sold out')
        })
        await expect(failing).rejects.toThrow(RangeError)
        cart.push('sugar')
      },
    })
    expect(stored.cart).toEqual(['tea', 'sugar'])
  })

  it('goes on after a save(change) that throws', async () => {
    const { stored } = await played({
      act: async (cart, _, save) => {
        const failing = save(() => {
          throw new RangeError('sold out')
        })
        await expect(failing).rejects.toThrow(RangeError)
        cart.push('sugar')
      },
    })
    expect(stored.cart).toEqual(['tea', 'sugar'])
  })
})

describe('what is changed while save() is at work', () => {
  /** Says yes to everything, after a while. */
  const schema: SessionOptions<Data>['schema'] = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) => {
        for (let turn = 0; turn < 5; turn++) await undefined
        return { value: value as Data }
      },
    },
  }

  it('is saved whenever that is, where a schema has to be waited for', async () => {
    for (let turns = 0; turns < 60; turns++) {
      const { stored } = await played({
        options: { schema },
        other: (theirs) => theirs.set('visits', 9),
        act: async (cart, session, save) => {
          session.set('visits', 3)
          const saving = save()
          for (let turn = 0; turn < turns; turn++) await undefined
          cart.push('sugar')
          session.update('visits', (visits = 0) => visits + 1)
          await saving
        },
      })
      expect(stored, `after ${turns} turns`).toEqual({ cart: ['tea', 'sugar'], visits: 4 })
    }
  })

  it('can be changed in place afterwards, though it was set in place of an object that was', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie } = await sessions.issue({ cart: ['tea'] })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.get('cart')?.push('sugar')
      store.beforeNext('update', async () => {
        await undefined
        session.set('cart', ['water'])
      })
      await handle.save()
      session.get('cart')?.push('bread')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual(['water', 'bread'])
  })
})

describe('an object that a request holds while an exclusive work fails', () => {
  it('is saved when it is changed in place afterwards, and nothing of the work is', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie } = await sessions.issue({ cart: ['tea'], visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      const failing = handle.exclusive((session) => {
        session.set('visits', 2)
        throw new RangeError('sold out')
      })
      await expect(failing).rejects.toThrow(RangeError)
      cart?.push('sugar')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ cart: ['tea', 'sugar'], visits: 1 })
  })

  it('keeps nothing of what the work did to it', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<Data>({ store, secret })
    const { cookie } = await sessions.issue({ cart: ['tea'] })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      const failing = handle.exclusive(() => {
        cart?.push('sugar')
        throw new RangeError('sold out')
      })
      await expect(failing).rejects.toThrow(RangeError)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual(['tea'])
  })
  it('keeps nothing of what the work did to it, where another request had changed its key before', async () => {
    const sessions = new SessionManager<Data>({ store: new StagedStore(), secret })
    const { cookie } = await sessions.issue({ cart: ['tea'] })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      await writing(sessions, cookie, (theirs) => void theirs.update('cart', add('milk')))
      const failing = handle.exclusive(() => {
        cart?.push('sugar')
        throw new RangeError('sold out')
      })
      await expect(failing).rejects.toThrow(RangeError)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual(['tea', 'milk'])
  })

  it('leaves the session open to other works, whatever the work has put into it', async () => {
    class Amount {
      readonly cents = 5n
    }
    const sessions = new SessionManager<{ cart: object[] }>({ store: new StagedStore(), secret })
    const { cookie } = await sessions.issue({ cart: [{}] })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      const failing = handle.exclusive(() => void cart?.splice(0, 1, new Amount()))
      await expect(failing).rejects.toThrow('Session key "cart" holds')
      expect(await handle.exclusive((session) => session.get('cart'), { wait: 0 })).toEqual([{}])
      return new Response()
    })
  })
})
