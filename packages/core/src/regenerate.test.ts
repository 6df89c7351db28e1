import { describe, expect, it } from 'vitest'
import { type PersistencePolicy, SessionManager, type SessionOptions, SessionStoreError } from './index.js'
import { type Setting, secret, stagedManager } from './testing/staged-manager.js'
import { cookieAfter, gate, sessionCookies, visit } from './testing/visit.js'

interface Data {
  user: string
  visits: number
  cart: string[]
}

const setUp = (options: Partial<SessionOptions<Data>> = {}): Setting<Data> => stagedManager(options)

function regenerate(sessions: SessionManager<Data>, cookie: string): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    ;(await handle.write()).regenerate()
    return new Response()
  })
}

describe('regenerate()', () => {
  it.each<PersistencePolicy>(['changed', 'existing', 'always'])(
    'with no other change is stored and sent under "%s": id and cookie are new [B127, B131]',
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
      expect(store.memory.size).toBe(1)
    },
  )

  it('shares no part of the cookie with the old one [B127, B233]', async () => {
    const { sessions } = setUp()
    const { cookie } = await sessions.issue({ user: 'ada' })
    const newCookie = cookieAfter(await regenerate(sessions, cookie))
    const parts = (text: string): string[] => text.slice('__Host-sid='.length).split('.')
    expect(parts(newCookie)[0]).not.toBe(parts(cookie)[0])
    expect(parts(newCookie)[1]).not.toBe(parts(cookie)[1])
  })

  it('keeps data, owner, creation and its own lifetime [B128, B138]', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 600, absoluteTimeout: 3600 })
    const { cookie } = await sessions.issue({ user: 'ada', cart: ['tea'] }, { owner: 'ada' })
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).setLifetime({ idleTimeout: 1200 })
      return new Response()
    })
    const before = await sessions.read(visit(cookie))
    clock.now += 60_000
    const after = await sessions.read(visit(cookieAfter(await regenerate(sessions, cookie))))
    expect(after.toJSON()).toEqual({ user: 'ada', cart: ['tea'] })
    expect(after.owner).toBe('ada')
    expect(after.createdAt).toEqual(before.createdAt)
    expect(after.expiresAt.getTime()).toBe(clock.now + 1_200_000)
  })

  it('does not move the absolute deadline, however often it is called [B138]', async () => {
    const { sessions, clock } = setUp({ idleTimeout: 600, absoluteTimeout: 1000 })
    const started = clock.now
    let { cookie } = await sessions.issue({ user: 'ada' })
    for (let times = 0; times < 3; times++) {
      clock.now += 300_000
      const response = await regenerate(sessions, cookie)
      cookie = cookieAfter(response)
      const session = await sessions.read(visit(cookie))
      expect(session.expiresAt.getTime()).toBe(Math.min(started + 1_000_000, clock.now + 600_000))
      const age = Number(/Max-Age=(\d+)/.exec(sessionCookies(response)[0] as string)?.[1])
      expect(age).toBe((session.expiresAt.getTime() - clock.now) / 1000)
    }
    clock.now = started + 1_000_000
    expect((await sessions.read(visit(cookie))).isNew).toBe(true)
  })

  it('stores the changes of the same request under the new id only [B128, B130]', async () => {
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
    expect(store.calls.filter((call) => call.id === id).map(({ method }) => method)).not.toContain('update')
    expect((await sessions.read(visit(cookieAfter(response)))).toJSON()).toEqual({ visits: 2, user: 'ada' })
  })

  it('makes one session with one new id when it is called several times [B201]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.regenerate()
      session.regenerate()
      return new Response()
    })
    expect(store.methods.filter((method) => method !== 'load')).toEqual(['create', 'delete'])
    expect(sessionCookies(response)).toHaveLength(1)
  })

  it('on a brand-new session makes one record and one cookie, and no error [B132]', async () => {
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

  it('on a brand-new session that stays empty makes none [B132, B101]', async () => {
    const { sessions, store } = setUp()
    const response = await regenerate(sessions, '')
    expect(store.calls).toEqual([])
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  it('after a save() of a new session replaces that one, and the browser learns of the last only [B132, B201]', async () => {
    const { sessions, store } = setUp()
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.set('visits', 1)
      await handle.save()
      const first = session.id
      session.regenerate()
      await handle.save()
      expect(session.id).not.toBe(first)
      expect(store.memory.load(first)).toBe(undefined)
      return new Response()
    })
    expect(store.memory.size).toBe(1)
    expect(sessionCookies(response)).toHaveLength(1)
    expect((await sessions.read(visit(cookieAfter(response)))).get('visits')).toBe(1)
  })

  it('shows the new id once it is saved, and the old one until then [B127]', async () => {
    const { sessions } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.regenerate()
      expect(session.id).toBe(id)
      await handle.save()
      expect(session.id).not.toBe(id)
      expect((await handle.read()).id).toBe(session.id)
      expect(session.isNew).toBe(false)
      return new Response()
    })
  })

  it('is told by one event with both ids [B250]', async () => {
    const { sessions, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    events.length = 0
    const response = await regenerate(sessions, cookie)
    const session = await sessions.read(visit(cookieAfter(response)))
    const told = events.filter((event) => event.type === 'regenerated')
    expect(told).toEqual([{ type: 'regenerated', id: session.id, previousId: id, duration: expect.any(Number) }])
  })

  it('then clear() starts afresh under the new id, for those who want to keep nothing [B129]', async () => {
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

  it('then destroy() ends both: no record, and the removal cookie [B149]', async () => {
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
  it('opens nothing, in this process and in another [B130, B233]', async () => {
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

  it('never opens the new privileges, at no moment of the regenerate [B130, B233]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    const spy = new SessionManager<Data>({ store: store.memory, secret, now: () => 1_800_000_000_000 })
    const seen: unknown[] = []
    const look = async (): Promise<void> => void seen.push((await spy.read(visit(cookie))).get('user'))
    store.before('create', look)
    store.before('delete', look)
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
  it('at the delete takes the new record back, says so, and sends no cookie [B135]', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const error = new Error('out of reach')
    store.forget()
    store.beforeNext('delete', () => Promise.reject(error))
    await expect(regenerate(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', cause: error })
    const writes = store.calls.filter(({ method }) => method !== 'load')
    expect(writes.map(({ method }) => method)).toEqual(['create', 'delete', 'delete'])
    expect(writes[1]?.id).toBe(id)
    expect(writes[2]?.id).toBe(writes[0]?.id)
    expect(store.memory.size).toBe(1)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })

  it('at both deletes still says so, and the old cookie still works [B135]', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    store.fail('delete')
    await expect(regenerate(sessions, cookie)).rejects.toThrow(SessionStoreError)
    store.heal()
    const session = await sessions.read(visit(cookie))
    expect(session.id).toBe(id)
    expect(session.get('visits')).toBe(1)
  })

  it('at the create changes nothing [B135]', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.memory.load(id)
    store.fail('create')
    await expect(regenerate(sessions, cookie)).rejects.toThrow(SessionStoreError)
    expect(store.memory.load(id)).toEqual(before)
    expect(store.memory.size).toBe(1)
  })

  it('at the load of what others have stored changes nothing [B135]', async () => {
    const { sessions, store } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const handled = sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).regenerate()
      store.fail('load')
      return new Response()
    })
    await expect(handled).rejects.toThrow(SessionStoreError)
    expect(store.memory.load(id)).toMatchObject({ version: 1 })
    expect(store.memory.size).toBe(1)
  })

  it('finds the new id taken and never writes over it: the old session still works [B134, B135]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1 })
    store.refuse('create')
    await expect(regenerate(sessions, cookie)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    store.heal()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
    expect(store.memory.size).toBe(1)
  })
})

describe('a regenerate while other requests hold the session', () => {
  it('takes along what they have stored by then [B222, B225]', async () => {
    const { sessions, store } = setUp()
    const { cookie } = await sessions.issue({ visits: 1, cart: ['tea'] }, { owner: 'guest' })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.update('visits', (n = 0) => n + 1)
      session.regenerate()
      await sessions.handle(visit(cookie), async (other) => {
        const theirs = await other.write()
        theirs.set('cart', ['tea', 'milk'])
        theirs.update('visits', (n = 0) => n + 10)
        theirs.setOwner('ada')
        return new Response()
      })
      return new Response()
    })
    const session = await sessions.read(visit(cookieAfter(response)))
    expect(session.toJSON()).toEqual({ visits: 12, cart: ['tea', 'milk'] })
    expect(session.owner).toBe('ada')
    expect(store.memory.size).toBe(1)
  })

  it('takes along, in one process, what is stored while it is under way, or drops it with an event: never half of it [B222, B225]', async () => {
    const { sessions, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 0 })
    store.delay(1, 4)
    const all = await Promise.all([
      ...Array.from({ length: 10 }, () =>
        sessions.handle(visit(cookie), async (handle) => {
          ;(await handle.write()).update('visits', (n = 0) => n + 1)
          return new Response()
        }),
      ),
      regenerate(sessions, cookie),
      ...Array.from({ length: 10 }, () =>
        sessions.handle(visit(cookie), async (handle) => {
          ;(await handle.write()).update('visits', (n = 0) => n + 1)
          return new Response()
        }),
      ),
    ])
    store.heal()
    const cookies = all.flatMap((response) => sessionCookies(response))
    expect(cookies).toHaveLength(1)
    expect(store.memory.load(id)).toBe(undefined)
    expect(store.memory.size).toBe(1)
    const session = await sessions.read(visit(cookies[0]?.split(';')[0]))
    const dropped = events.filter((event) => event.type === 'dropped').length
    const kept = session.get('visits') as number
    // Requests that arrived when the old id was dead already found no session, and started none.
    expect(kept + dropped).toBeLessThanOrEqual(20)
    expect(kept).toBeGreaterThanOrEqual(0)
  })

  it('takes along what another process stores while the new record is being created [B222, B225]', async () => {
    const { sessions, store } = setUp()
    const other = new SessionManager<Data>({ store, secret, now: () => 1_800_000_000_000 })
    const { cookie } = await sessions.issue({ visits: 1 })
    store.beforeNext('create', async () => {
      await other.handle(visit(cookie), async (handle) => {
        ;(await handle.write()).set('cart', ['tea'])
        return new Response()
      })
    })
    const newCookie = cookieAfter(await regenerate(sessions, cookie))
    expect((await sessions.read(visit(newCookie))).toJSON()).toEqual({ visits: 1, cart: ['tea'] })
  })

  it('is followed by no change to the old record: what comes too late is dropped [B225]', async () => {
    const { sessions, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const late = sessions.open(visit(cookie))
    const session = await late.write()
    const newCookie = cookieAfter(await regenerate(sessions, cookie))
    session.set('visits', 2)
    events.length = 0
    await late.save()
    expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'gone', id }))
    expect(store.memory.size).toBe(1)
    expect((await sessions.read(visit(newCookie))).get('visits')).toBe(1)
  })
})

describe('two requests that regenerate one session at once', () => {
  const race = async (one: SessionManager<Data>, two: SessionManager<Data>, cookie: string): Promise<Response[]> => {
    const both = gate()
    let arrived = 0
    return Promise.all(
      [one, two].map((sessions) =>
        sessions.handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          session.update('visits', (n = 0) => n + 1)
          session.regenerate()
          if (++arrived === 2) both.open()
          await both.opened
          return new Response()
        }),
      ),
    )
  }

  it('in one process: one wins, the other sends no cookie, and one session is left [B225]', async () => {
    const { sessions, store, events } = setUp()
    const { cookie, id } = await sessions.issue({ visits: 1 })
    store.delay(1, 3)
    const responses = await race(sessions, sessions, cookie)
    store.heal()
    const cookies = responses.flatMap((response) => sessionCookies(response))
    expect(cookies).toHaveLength(1)
    expect(store.memory.size).toBe(1)
    expect(store.memory.load(id)).toBe(undefined)
    expect((await sessions.read(visit(cookies[0]?.split(';')[0]))).get('visits')).toBe(2)
    expect(events.filter((event) => event.type === 'regenerated')).toHaveLength(1)
    expect(events.filter((event) => event.type === 'dropped')).toHaveLength(1)
  })

  it('in two processes: one wins, however their store calls interleave [B225]', async () => {
    for (let round = 0; round < 20; round++) {
      const { sessions, store } = setUp()
      const other = new SessionManager<Data>({ store, secret, now: () => 1_800_000_000_000 })
      const { cookie, id } = await sessions.issue({ visits: 1 })
      store.delay(0, 4)
      const responses = await race(sessions, other, cookie)
      store.heal()
      const cookies = responses.flatMap((response) => sessionCookies(response))
      expect(cookies).toHaveLength(1)
      expect(store.memory.load(id)).toBe(undefined)
      expect(store.memory.size).toBe(1)
      expect((await sessions.read(visit(cookies[0]?.split(';')[0]))).get('visits')).toBe(2)
    }
  })
})

describe('a regenerate that races with sign-out', () => {
  it('never leaves a session behind, wherever the sign-out comes in between [B223, B225]', async () => {
    for (const method of ['create', 'delete'] as const) {
      const { sessions, store, events } = setUp()
      const { cookie, id } = await sessions.issue({ user: 'ada' })
      store.beforeNext(method, () => void store.memory.delete(id))
      const response = await regenerate(sessions, cookie)
      expect(store.memory.size).toBe(0)
      expect(response.headers.has('set-cookie')).toBe(false)
      expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'gone', id }))
    }
  })
})
