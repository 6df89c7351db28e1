import { describe, expect, it } from 'vitest'
import { type PersistencePolicy, SessionManager, SessionStoreError } from '../index.js'
import { isMarker, liveSessions } from '../testing/live-sessions.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { regenerate, writing } from '../testing/serve.js'
import { stagedManager } from '../testing/staged-manager.js'
import { visit } from '../testing/visit.js'

interface Data {
  user: string
  visits: number
  cart: string[]
}

const setUp = stagedManager<Data>

describe('regenerate()', () => {
  it.each<PersistencePolicy>(['changed', 'existing', 'always'])(
    'with no other change is stored and sent under "%s": id and cookie are new',
    async (persistence) => {
      const { sessions, store } = setUp({ persistence })
      const { cookie, id } = await sessions.issue({ user: 'ada' })
      const response = await regenerate(sessions, cookie)
      const newCookie = cookieAfter(response)
      expect(sessionCookies(response)).toHaveLength(1)
      expect(newCookie).not.toBe(cookie)
      const session = await sessions.read(visit(newCookie))
      expect(session.id).not.toBe(id)
      expect(session.isNew).toBe(false)
      expect(await liveSessions(sessions)).toBe(1)
      expect(isMarker(store.memory.load(id))).toBe(true)
    },
  )

  it('shares no part of the cookie with the old one', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const newCookie = cookieAfter(await regenerate(sessions, cookie))
    const parts = (text: string): string[] => text.slice('__Host-sid='.length).split('.')
    expect(parts(newCookie)[0]).not.toBe(parts(cookie)[0])
    expect(parts(newCookie)[1]).not.toBe(parts(cookie)[1])
  })

  it('keeps data, owner, creation and its own lifetime', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 600, absoluteTimeout: 3600 })
    const { cookie } = await sessions.issue({ user: 'ada', cart: ['tea'] }, { owner: 'ada' })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).setLifetime({ idleTimeout: 1200 })
      return new Response()
    })
    const before = await sessions.read(visit(cookie))
    clock.time += 60_000
    const after = await sessions.read(visit(cookieAfter(await regenerate(sessions, cookie))))
    expect(after.toJSON()).toEqual({ user: 'ada', cart: ['tea'] })
    expect(after.owner).toBe('ada')
    expect(after.createdAt).toEqual(before.createdAt)
    expect(after.expiresAt.getTime()).toBe(clock.time + 1_200_000)
  })

  it('does not move the absolute deadline, however often it is called', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 600, absoluteTimeout: 1000 })
    const started = clock.time
    let { cookie } = await sessions.issue({ user: 'ada' })
    for (let times = 0; times < 3; times++) {
      clock.time += 300_000
      const response = await regenerate(sessions, cookie)
      cookie = cookieAfter(response)
      const session = await sessions.read(visit(cookie))
      expect(session.expiresAt.getTime()).toBe(Math.min(started + 1_000_000, clock.time + 600_000))
      const age = Number(/Max-Age=(\d+)/.exec(sessionCookies(response)[0] as string)?.[1])
      expect(age).toBe((session.expiresAt.getTime() - clock.time) / 1000)
    }
    clock.time = started + 1_000_000
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('stores the changes of the same request under the new id only', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    store.forget()
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      session.regenerate()
      session.set('user', 'ada')
      return new Response()
    })
    const written = store.calls.filter((call) => call.id === id && call.record !== undefined)
    expect(written.map(({ method, record }) => [method, record?.data])).toEqual([['update', '']])
    expect((await sessions.read(visit(cookieAfter(response)))).toJSON()).toEqual({ visits: 2, user: 'ada' })
  })

  it('makes one session with one new id when it is called several times', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.regenerate()
      session.regenerate()
      return new Response()
    })
    expect(store.methods.filter((method) => method !== 'load')).toEqual(['create', 'update'])
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('on a brand-new session makes one record and one cookie, and no error', async () => {
    const { sessions, store } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.regenerate()
      session.set('visits', 1)
      return new Response()
    })
    expect(store.methods).toEqual(['create'])
    expect(sessionCookies(response)).toHaveLength(1)
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })

  it('on a brand-new session that stays empty makes none', async () => {
    const { sessions, store } = setUp()
    const response = await regenerate(sessions, '')
    expect(store.calls).toEqual([])
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  it('after a save() of a new session replaces that one, and the browser learns of the last only', async () => {
    const { sessions, store } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.set('visits', 1)
      await handle.save()
      const first = session.id
      session.regenerate()
      await handle.save()
      expect(session.id).not.toBe(first)
      expect(isMarker(store.memory.load(first))).toBe(true)
      return new Response()
    })
    expect(await liveSessions(sessions)).toBe(1)
    expect(sessionCookies(response)).toHaveLength(1)
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })

  it('shows the new id at once, and it is the one that is stored', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    let noted = ''
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.regenerate()
      noted = session.id
      expect(noted).not.toBe(id)
      expect((await handle.read()).id).toBe(noted)
      session.regenerate()
      expect(session.id).toBe(noted)
      await handle.save()
      expect(session.id).toBe(noted)
      expect(session.isNew).toBe(false)
      return new Response()
    })
    expect((await sessions.peek(noted))?.get('visits')).toBe(1)
    expect((await sessions.read(visit(cookieAfter(response)))).id).toBe(noted)
  })

  it('needs no load beside the one of the request', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    await regenerate(sessions, cookie)
    expect(store.methods).toEqual(['load', 'create', 'update'])
  })

  it('is told by one event with both ids', async () => {
    const { sessions, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    events.length = 0
    const response = await regenerate(sessions, cookie)
    const session = await sessions.read(visit(cookieAfter(response)))
    const told = events.filter((event) => event.type === 'regenerated')
    expect(told).toEqual([{ type: 'regenerated', id: session.id, previousId: id, duration: expect.any(Number) }])
  })

  it('then clear() starts afresh under the new id, for those who want to keep nothing', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ visits: 1, user: 'guest', cart: ['tea'] })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      const cart = session.get('cart')
      session.regenerate()
      session.clear()
      session.set('cart', cart as string[])
      return new Response()
    })
    expect((await sessions.read(visit(cookieAfter(response)))).toJSON()).toEqual({ cart: ['tea'] })
  })

  it('then destroy() ends both: no record, and the removal cookie', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.regenerate()
      session.destroy()
      return new Response()
    })
    expect(store.memory.size).toBe(0)
    expect(store.methods.filter((method) => method === 'create')).toHaveLength(1)
    expect(sessionCookies(response)).toEqual([expect.stringContaining('Max-Age=0')])
  })
})

describe('the old cookie after a regenerate', () => {
  it('opens nothing, in this process and in another', async () => {
    const { sessions, store } = setUp()
    const other = new SessionManager<Data>({ store, secret, now: () => 1_800_000_000_000 })
    const { cookie } = await sessions.issue({ user: 'ada' })
    await other.read(visit(cookie))
    await regenerate(sessions, cookie)
    for (const manager of [sessions, other]) {
      const session = await manager.read(visit(cookie))
      expect(session.isNew).toBe(true)
      expect(session.get('user')).toBe(undefined)
    }
  })

  it('never opens the new privileges, at no moment of the regenerate', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const spy = new SessionManager<Data>({ store: store.memory, secret, now: () => 1_800_000_000_000 })
    const seen: unknown[] = []
    const look = async (): Promise<void> => void seen.push((await spy.read(visit(cookie))).get('user'))
    store.before('create', look)
    store.before('update', look)
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('user', 'admin').regenerate()
      await look()
      return new Response()
    })
    await look()
    expect(seen).toEqual([undefined, undefined, undefined, undefined])
  })
})

describe('a regenerate whose store fails', () => {
  it('at the old record takes the new one back, says so, and sends no cookie', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const error = new Error('out of reach')
    store.forget()
    store.beforeNext('update', () => Promise.reject(error))
    await expect(regenerate(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause: error })
    const writes = store.calls.filter(({ method }) => method !== 'load')
    // The second update leaves the first no place, should the store carry it out late.
    expect(writes.map(({ method }) => method)).toEqual(['create', 'update', 'update', 'delete'])
    expect([writes[1]?.id, writes[2]?.id]).toEqual([id, id])
    expect(writes[3]?.id).toBe(writes[0]?.id)
    expect(store.memory.size).toBe(1)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })

  it('at the old record and at taking the new one back still says so, and the old cookie still works', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    store.fail('update')
    store.fail('delete')
    await expect(regenerate(sessions, cookie)).rejects.toThrow(SessionStoreError)
    store.heal()
    const session = await sessions.read(visit(cookie))
    expect(session.id).toBe(id)
    expect(session.get('visits')).toBe(1)
  })

  it('at the create changes nothing', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.memory.load(id)
    store.fail('create')
    await expect(regenerate(sessions, cookie)).rejects.toThrow(SessionStoreError)
    expect(store.memory.load(id)).toEqual(before)
    expect(store.memory.size).toBe(1)
  })

  it('at the load of what others have stored changes nothing', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      await writing(sessions, cookie, (other) => other.set('visits', 3))
      store.fail('load')
      return new Response()
    })
    await expect(handled).rejects.toThrow(SessionStoreError)
    expect(store.memory.load(id)).toMatchObject({ version: 2, data: '{"visits":3}' })
    expect(store.memory.size).toBe(1)
  })

  it('finds the new id taken and never writes over it: the old session still works', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.refuse('create')
    await expect(regenerate(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    store.heal()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
    expect(store.memory.size).toBe(1)
  })
})

describe('the records of a regenerate', () => {
  it('are the new one first, and then a marker without data and owner in the place of the old one', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    store.forget()
    const response = await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      return new Response()
    })
    const writes = store.calls.filter(({ method }) => method !== 'load')
    expect(writes.map(({ method }) => method)).toEqual(['create', 'update'])
    expect(writes[1]?.id).toBe(id)
    expect(isMarker(store.memory.load(id))).toBe(true)
    expect(writes[0]?.id).not.toBe(id)
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })

  it.each(['create', 'update'] as const)(
    'that fails half-way at %s surfaces, and leaves the old session as it was and no other',
    async (method) => {
      for (const how of ['throws', 'rejects'] as const) {
        const { sessions, store } = setUp()
        const { cookie, id } = await sessions.issue({ visits: 1 })
        const error = new Error('out of reach')
        store.beforeNext(method, () => {
          if (how === 'throws') throw error
          return Promise.reject(error)
        })
        const handled = sessions.handle(visit(cookie), async (handle) => {
          ;(await handle.write()).set('visits', 2).regenerate()
          return new Response('welcome')
        })
        await expect(handled).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause: error })
        expect(store.memory.size).toBe(1)
        const session = await sessions.read(visit(cookie))
        expect(session.id).toBe(id)
        expect(session.get('visits')).toBe(1)
      }
    },
  )
})
