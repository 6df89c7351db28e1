import { describe, expect, it } from 'vitest'
import { SessionStoreError, type WritableSession } from '../index.js'
import { isMarker, liveSessions } from '../testing/live-sessions.js'
import { storedSession } from '../testing/observed-session.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { stagedManager } from '../testing/staged-manager.js'
import type { StoreMethod } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
  cart: { items: string[] }
}

const setUp = stagedManager<Data>

describe('save() in mid-request', () => {
  it('is the only write when nothing changes after it', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      session.get('cart')
      await handle.save()
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update'])
  })

  it('and then the commit do not write over what others stored between them', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1, cart: { items: [] } })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      session.get('cart')?.items.push('tea')
      await handle.save()
      await sessions.handle(visit(cookie), async (other) => {
        const theirs = await other.write()
        theirs.set('visits', 3)
        theirs.get('cart')?.items.push('milk')
        return new Response()
      })
      store.forget()
      return new Response()
    })
    expect(store.methods).toEqual([])
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 3, cart: { items: ['tea', 'milk'] } })
  })

  it('is followed by a write of what changed after it, and of nothing else', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      await handle.save()
      await sessions.handle(visit(cookie), async (other) => {
        ;(await other.write()).set('visits', 3)
        return new Response()
      })
      session.set('user', 'ada')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 3, user: 'ada' })
  })

  it('shows the merged, stored state after it', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      await sessions.handle(visit(cookie), async (other) => {
        ;(await other.write()).set('user', 'ada').update('visits', (n = 0) => n + 1)
        return new Response()
      })
      session.update('visits', (n = 0) => n + 1)
      expect(session.get('visits')).toBe(2)
      await handle.save()
      expect(session.get('visits')).toBe(3)
      expect(session.get('user')).toBe('ada')
      expect(session.isNew).toBe(false)
      return new Response()
    })
  })

  it('of a new session sends the cookie with the response all the same, once', async () => {
    const { sessions, store } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      ;(await handle.write()).set('visits', 1)
      await handle.save()
      return new Response()
    })
    expect(sessionCookies(response)).toHaveLength(1)
    expect(store.methods).toEqual(['create'])
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })
})

describe('save()', () => {
  it('stores at once, and the end of the request stores nothing again', async () => {
    const { sessions, cookie, store } = await storedSession()
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('count', 1)
      await handle.save()
      expect(store.methods).toEqual(['load', 'update'])
      await handle.save()
      return new Response()
    })
    expect(store.methods).toEqual(['load', 'update'])
  })

  it('leaves a later change to the end of the request', async () => {
    const { sessions, cookie, store } = await storedSession()
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

  it('keeps an eye on objects that the request still holds', async () => {
    const { sessions, cookie } = await storedSession()
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      cart?.items.push('milk')
      await handle.save()
      cart?.items.push('sugar')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea', 'milk', 'sugar'] })
  })

  it('of a new session makes its cookie due, even if nothing changes afterwards', async () => {
    const { sessions, store } = await storedSession()
    const response = await sessions.handle(visit(), async (handle) => {
      ;(await handle.write()).set('count', 1)
      await handle.save()
      return new Response()
    })
    expect(store.methods).toEqual(['create'])
    expect((await sessions.read(visit(cookieAfter(response)))).get('count')).toBe(1)
  })

  it('without a read or a write before does nothing', async () => {
    const { sessions, cookie, store } = await storedSession()
    await sessions.open(visit(cookie)).save()
    expect(store.calls).toEqual([])
  })
})

describe('a failed save()', () => {
  const failures: [StoreMethod, string][] = [
    ['create', ''],
    ['update', 'with a cookie'],
  ]

  it.each(failures)('at %s, tried again, stores every change once', async (method, comes) => {
    const { store, sessions } = setUp()
    const cookie = comes === '' ? '' : (await sessions.issue({ visits: 10 })).cookie
    const start = comes === '' ? 0 : 10
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.update('visits', (n = 0) => n + 1)
      store.fail(method)
      await expect(handle.save()).rejects.toThrow(SessionStoreError)
      await expect(handle.save()).rejects.toThrow(SessionStoreError)
      expect(session.get('visits')).toBe(start + 1)
      store.heal()
      await handle.save()
      expect(session.get('visits')).toBe(start + 1)
      session.set('user', 'ada')
      return new Response()
    })
    const next = await sessions.read(visit(cookieAfter(response, cookie)))
    expect(next.toJSON()).toEqual({ visits: start + 1, user: 'ada' })
    expect(sessionCookies(response)).toHaveLength(comes === '' ? 1 : 0)
  })

  it('is made good by the commit alone, if the store is well again by then', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('visits', 2)
      store.fail('update')
      await handle.save().catch(() => {})
      store.heal()
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it('of a regenerate, tried again, regenerates', async () => {
    for (const method of ['create', 'update'] as const) {
      const { store, sessions } = setUp()
      const { cookie, id } = await sessions.issue({ visits: 1 })
      const response = await sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.write()
        session.set('visits', 2).regenerate()
        const next = session.id
        store.beforeNext(method, () => {
          throw new Error('out of reach')
        })
        await expect(handle.save()).rejects.toThrow(SessionStoreError)
        store.heal()
        await handle.save()
        expect(session.id).toBe(next)
        return new Response()
      })
      expect(isMarker(store.memory.load(id))).toBe(true)
      expect(await liveSessions(sessions)).toBe(1)
      expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(2)
    }
  })

  it('of a destroy, tried again, destroys and sends the removal cookie', async () => {
    const { store, sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).destroy()
      store.fail('delete')
      await expect(handle.save()).rejects.toThrow(SessionStoreError)
      store.heal()
      return new Response()
    })
    expect(store.memory.size).toBe(0)
    expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
  })
})

describe('save(change) that can not be stored', () => {
  it.each([
    ['a new session, at create', 'create', false],
    ['a session, at update', 'update', true],
  ] as const)('leaves nothing of it, and what was changed before is there: %s', async (_name, method, isThere) => {
    const { sessions, store } = setUp()
    const cookie = isThere ? (await sessions.issue({ visits: 1, cart: { items: ['tea'] } })).cookie : ''
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('user', 'ada').get('cart')?.items.push('milk')
      store.fail(method)
      const failing = handle.save((session) => {
        session.setOwner('eve')
        session.clear()
        session.set('user', 'eve').setLabel('not this')
      })
      await expect(failing).rejects.toThrow(SessionStoreError)
      store.heal()
      return new Response()
    })
    const stored = await sessions.read(visit(cookieAfter(response, cookie)))
    const before = isThere ? { visits: 1, cart: { items: ['tea', 'milk'] } } : {}
    expect(stored.toJSON()).toEqual({ ...before, user: 'ada' })
    expect([stored.owner, stored.label]).toEqual([undefined, undefined])
  })

  it.each(['create', 'update'] as const)('leaves the id as it was: a regenerate that fails at %s', async (method) => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      store.beforeNext(method, () => {
        throw new Error('out of reach')
      })
      await expect(handle.save((session) => session.set('user', 'eve').regenerate())).rejects.toThrow(SessionStoreError)
      store.heal()
      return new Response()
    })
    expect([sessionCookies(response), await liveSessions(sessions)]).toEqual([[], 1])
    const stored = await sessions.read(visit(cookie))
    expect([stored.id, stored.toJSON()]).toEqual([id, { visits: 1 }])
  })

  it('can be done again, and is then done once', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const count = (): Promise<void> =>
        handle.save((session) => {
          session.update('visits', (n = 0) => n + 1)
        })
      store.fail('update')
      await expect(count()).rejects.toThrow(SessionStoreError)
      store.heal()
      await count()
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it('loses nothing that was changed while it was under way', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      store.beforeNext('update', () => {
        session.set('user', 'ada')
        throw new Error('out of reach')
      })
      await expect(handle.save((session) => session.set('visits', 2))).rejects.toThrow(SessionStoreError)
      store.heal()
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('user')).toBe('ada')
  })

  it('takes back its own changes alone, and those made before and meanwhile are stored', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1, cart: { items: ['tea'] } })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      const cart = session.get('cart')
      session.update('visits', (n = 0) => n + 1)
      store.beforeNext('update', () => {
        session.update('visits', (n = 0) => n + 10)
        cart?.items.push('milk')
        throw new Error('out of reach')
      })
      const failing = handle.save((session) => {
        session.set('user', 'eve').update('visits', (n = 0) => n + 100)
        session.setOwner('eve')
        session.delete('cart')
      })
      await expect(failing).rejects.toThrow(SessionStoreError)
      expect([session.toJSON(), session.owner]).toEqual([{ visits: 12, cart: { items: ['tea', 'milk'] } }, undefined])
      cart?.items.push('sugar')
      return new Response()
    })
    const stored = await sessions.read(visit(cookie))
    expect([stored.toJSON(), stored.owner]).toEqual([
      { visits: 12, cart: { items: ['tea', 'milk', 'sugar'] } },
      undefined,
    ])
  })

  it('takes back its own changes alone where another one waits for it', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      store.beforeNext('update', () => Promise.reject(new Error('out of reach')))
      const saves = [
        handle.save((session) => void session.update('visits', (n = 0) => n + 1)),
        handle.save((session) => void session.set('user', 'ada')),
      ]
      const settled = await Promise.allSettled(saves)
      expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 1, user: 'ada' })
  })

  it('takes back its own new id alone', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      store.beforeNext('create', () => {
        session.set('user', 'ada')
        throw new Error('out of reach')
      })
      await expect(handle.save((session) => session.regenerate())).rejects.toThrow(SessionStoreError)
      expect(session.id).toBe(id)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 1, user: 'ada' })
  })

  it('is tried again where it is a sign-out', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      store.fail('delete')
      await expect(handle.save((session) => session.destroy())).rejects.toThrow(SessionStoreError)
      store.heal()
      return new Response()
    })
    expect(store.memory.size).toBe(0)
  })
})

describe('save(change) whose change throws midway', () => {
  const midway: [string, (session: WritableSession<Data>) => void][] = [
    ['a set', (session) => session.set('visits', 9)],
    ['an update', (session) => session.update('visits', () => 9)],
    ['a delete', (session) => session.delete('visits')],
    ['a clear', (session) => session.clear()],
    ['a new key', (session) => session.set('user', 'eve')],
    ['a change in place', (session) => session.get('cart')?.items.push('poison')],
    ['a change in place of a set value', (session) => session.set('user', 'eve').get('cart')?.items.pop()],
    ['an owner', (session) => session.setOwner('eve')],
    ['a label', (session) => session.setLabel('not this')],
    ['a lifetime', (session) => session.setLifetime({ idleTimeout: 5 })],
    ['a new id', (session) => session.regenerate()],
    ['a sign-out', (session) => session.destroy()],
  ]

  it.each(midway)('leaves nothing of it, and what was changed before is there: %s', async (_name, change) => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1, cart: { items: ['tea'] } }, { owner: 'ada' })
    const before = store.memory.load(id)
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('user', 'ada')
      session.get('cart')?.items.push('milk')
      const [shown, expiresAt] = [structuredClone(session.toJSON()), session.expiresAt]
      const failing = handle.save((session) => {
        change(session)
        throw new RangeError('midway')
      })
      await expect(failing).rejects.toThrow(RangeError)
      expect(store.memory.load(id)).toEqual(before)
      expect([session.toJSON(), session.expiresAt, session.id]).toEqual([shown, expiresAt, id])
      expect([session.owner, session.label]).toEqual(['ada', undefined])
      session.update('visits', (n = 0) => n + 1)
      return new Response()
    })
    expect(sessionCookies(response)).toEqual([])
    const stored = await sessions.read(visit(cookie))
    expect(stored.toJSON()).toEqual({ visits: 2, user: 'ada', cart: { items: ['tea', 'milk'] } })
    expect([stored.id, stored.owner, stored.label]).toEqual([id, 'ada', undefined])
  })

  it('leaves nothing of it where nothing else is changed: no write', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    await sessions.handle(visit(cookie), async (handle) => {
      await handle
        .save((session) => {
          session.set('visits', 9)
          session.set('user', (() => 'no') as never)
        })
        .catch(() => {})
      return new Response()
    })
    expect(store.methods).toEqual(['load'])
  })

  it('leaves no new session behind', async () => {
    const { sessions, store } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      const { id } = session
      const failing = handle.save((session) => {
        session.set('visits', 9).regenerate()
        throw new RangeError('midway')
      })
      await expect(failing).rejects.toThrow(RangeError)
      expect([session.id, session.size]).toEqual([id, 0])
      return new Response()
    })
    expect([sessionCookies(response), store.methods]).toEqual([[], []])
  })

  it('says so where it is a callback that throws the session as its error, and stores nothing', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    await sessions.handle(visit(cookie), async (handle) => {
      const callback = (error: unknown): void => {
        if (error) throw error
      }
      await expect(handle.save(callback)).rejects.toEqual(
        new TypeError('fetch-sessions: save(change) takes no callback: it gives the session to be changed'),
      )
      return new Response()
    })
    expect(store.methods).toEqual(['load'])
  })

  it('is the same for a function that is async, and so refused', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const failing = handle.save(async (session) => {
        session.set('visits', 9)
      })
      await expect(failing).rejects.toThrow(/must not be async/)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })

  it('leaves an object that somebody holds to that one, if it did nothing to it', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ cart: { items: [] } })
    await sessions.handle(visit(cookie), async (handle) => {
      const cart = (await handle.write()).get('cart')
      const failing = handle.save(() => {
        throw new RangeError('midway')
      })
      await expect(failing).rejects.toThrow(RangeError)
      cart?.items.push('tea')
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('cart')).toEqual({ items: ['tea'] })
  })
})
