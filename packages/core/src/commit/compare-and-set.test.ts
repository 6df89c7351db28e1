import { describe, expect, it } from 'vitest'
import { SessionConflictError, SessionManager, type WritableSession } from '../index.js'
import { gate } from '../testing/gate.js'
import { type Counts, increment, processOn, times } from '../testing/process.js'
import { sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

describe('a hundred requests that increment one session at once', () => {
  it('are all counted, in at most 20 store calls beyond their loads', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    store.forget()
    store.delay(1, 5)
    await Promise.all(times(100, () => increment(sessions, cookie)))
    store.heal()
    const { methods } = store
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(100)
    expect(methods.filter((method) => method === 'load').length).toBeGreaterThanOrEqual(100)
    expect(methods.length).toBeLessThanOrEqual(120)
  })

  it('are all counted when the store answers at once', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    await Promise.all(times(100, () => increment(sessions, cookie)))
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(100)
  })

  it('are all counted when they run in two processes', async () => {
    const store = new StagedStore()
    const one = processOn(store)
    const two = processOn(store)
    const { cookie } = await one.sessions.issue({ visits: 0 })
    store.delay(1, 5)
    await Promise.all(times(100, (index) => increment(index % 2 === 0 ? one.sessions : two.sessions, cookie)))
    store.heal()
    expect((await one.sessions.read(visit(cookie))).get('visits')).toBe(100)
  })

  it('are all counted when they arrive one by one, in two processes', async () => {
    const store = new StagedStore()
    const one = processOn(store)
    const two = processOn(store)
    const { cookie } = await one.sessions.issue({ visits: 0 })
    store.delay(1, 5)
    await Promise.all(
      times(100, async (index) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 100))
        await increment(index % 2 === 0 ? one.sessions : two.sessions, cookie)
      }),
    )
    store.heal()
    expect((await two.sessions.read(visit(cookie))).get('visits')).toBe(100)
  })

  it('tell each its own outcome once it is saved: each number from 1 to 100 is seen by at most one', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    const seen = await Promise.all(
      times(20, async () => {
        const handle = sessions.open(visit(cookie))
        const session = await handle.write()
        session.update('visits', (n = 0) => n + 1)
        await handle.save()
        return session.get('visits') as number
      }),
    )
    expect(Math.max(...seen)).toBe(20)
    expect(seen.every((n) => n >= 1 && n <= 20)).toBe(true)
  })
})

describe('requests that change different keys of one session at once', () => {
  it('all keep their change, in one process', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ first: 1 })
    store.delay(1, 5)
    await Promise.all(
      times(50, (index) =>
        sessions.handle(visit(cookie), async (handle) => {
          ;(await handle.write()).set(`key ${index}`, index)
          return new Response()
        }),
      ),
    )
    store.heal()
    const session = await sessions.read(visit(cookie))
    expect(session.size).toBe(51)
    for (let index = 0; index < 50; index++) expect(session.get(`key ${index}`)).toBe(index)
  })

  it('all keep their change, in three processes, deletes and changes in place included', async () => {
    const store = new StagedStore()
    const processes = times(3, () => new SessionManager<Record<string, { n: number }>>({ store, secret }))
    const { cookie } = await (processes[0] as (typeof processes)[number]).issue(
      Object.fromEntries(times(30, (index) => [`key ${index}`, { n: 0 }])),
    )
    store.delay(1, 5)
    await Promise.all(
      times(30, (index) =>
        (processes[index % 3] as (typeof processes)[number]).handle(visit(cookie), async (handle) => {
          const session = await handle.write()
          const value = session.get(`key ${index}`) as { n: number }
          if (index % 2 === 0) session.delete(`key ${index}`)
          else value.n = index
          return new Response()
        }),
      ),
    )
    store.heal()
    const session = await (processes[0] as (typeof processes)[number]).read(visit(cookie))
    expect(session.toJSON()).toEqual(
      Object.fromEntries(times(15, (index) => [`key ${2 * index + 1}`, { n: 2 * index + 1 }])),
    )
  })
})

describe('requests that set the same key', () => {
  it('leave the value of the last to be stored, whole', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    const first = gate()
    const loaded = gate()
    const slow = sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      loaded.open()
      await first.opened
      session.set('visits', 1)
      return new Response()
    })
    await loaded.opened
    await sessions.handle(visit(cookie), async (handle) => {
      ;(await handle.write()).set('visits', 2)
      return new Response()
    })
    first.open()
    await slow
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })

  it('do not undo one another where a request sets what was there when it came: that is no change', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    await sessions.handle(visit(cookie), async (other) => {
      ;(await other.write()).set('visits', 2)
      return new Response()
    })
    session.set('visits', 1)
    await handle.save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })
})

describe('what a request does to the session as a whole', () => {
  /** What is stored after one request has done this, while another one has changed the session. */
  const after = async (
    start: Counts,
    act: (session: WritableSession<Counts>) => void,
    meanwhile: (session: WritableSession<Counts>) => void,
  ) => {
    const { sessions } = processOn(new StagedStore())
    const { cookie } = await sessions.issue(start, { owner: 'ada' })
    await writing(sessions, cookie, (session) => session.setLabel('phone'))
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    await writing(sessions, cookie, meanwhile)
    act(session)
    await handle.save()
    return sessions.read(visit(cookie))
  }

  it.each<[string, Counts]>([
    ['holds something', { visits: 1 }],
    ['is empty', {}],
  ])('by clear() deletes what another one has stored meanwhile, where it %s', async (_, start) => {
    const session = await after(
      start,
      (session) => {
        session.clear()
        session.set('own', 1)
      },
      (other) => other.set('planted', 1),
    )
    expect(session.toJSON()).toEqual({ own: 1 })
  })

  it.each<[string, Counts, Counts]>([
    ['changed', { kept: 1, gone: 1 }, { kept: 2, own: 1 }],
    ['added', { gone: 1 }, { kept: 1, own: 1 }],
  ])('by clear({ except }) keeps a key as another one has %s it meanwhile', async (_, start, expected) => {
    const session = await after(
      start,
      (session) => session.set('own', 1).clear({ except: ['kept', 'own'] }),
      (other) => void other.set('planted', 1).update('kept', (n = 0) => n + 1),
    )
    expect(session.toJSON()).toEqual(expected)
  })

  it('by clear({ except }) does not bring back a key that another one has deleted meanwhile', async () => {
    const change = (session: WritableSession<Counts>): void => session.clear({ except: ['kept'] })
    const session = await after({ kept: 1, gone: 1 }, change, (other) => void other.delete('kept'))
    expect(session.toJSON()).toEqual({})
  })

  it('counts over what another one has stored meanwhile, also where it was as it is set', async () => {
    const session = await after(
      {},
      (session) => {
        session.setOwner('ada')
        session.setLabel('phone')
        session.setLifetime(undefined)
        session.set('own', 1)
      },
      (other) => {
        other.setOwner('eve')
        other.setLabel('planted')
        other.setLifetime({ absoluteTimeout: 31_536_000, idleTimeout: 31_536_000 })
      },
    )
    expect(session).toMatchObject({ owner: 'ada', label: 'phone' })
    expect(session.expiresAt.getTime() - Date.now()).toBeLessThan(2 * 86_400_000)
  })
})

describe('a slow reader', () => {
  it('that changes nothing does not write its stale data back', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.get('visits')
      await increment(sessions, cookie)
      store.forget()
      return new Response()
    })
    expect(store.calls).toEqual([])
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it('that touches leaves what others wrote meanwhile', async () => {
    let now = 1_800_000_000_000
    const store = new StagedStore()
    const { sessions } = processOn(store, { now: () => now })
    const { cookie } = await sessions.issue({ visits: 1 })
    now += 10 * 3_600_000
    await sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      await increment(sessions, cookie)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it.each(['existing', 'always'] as const)('under "%s" leaves what others wrote as well', async (persistence) => {
    const store = new StagedStore()
    const { sessions } = processOn(store, { persistence })
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      await handle.read()
      await increment(sessions, cookie)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })
})

describe('a store whose compare-and-set never succeeds', () => {
  it('ends in a SessionConflictError after a bounded number of attempts, and nothing is half-written', async () => {
    const store = new StagedStore()
    const { sessions, events } = processOn(store)
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.memory.load(id)
    store.forget()
    store.refuse('update')
    const error: unknown = await increment(sessions, cookie).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SessionConflictError)
    expect(error).toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    const attempts = store.methods.filter((method) => method === 'update').length
    expect(attempts).toBeGreaterThan(1)
    expect(attempts).toBeLessThanOrEqual(100)
    const conflicts = events.filter((event) => event.type === 'conflict')
    expect(conflicts.map(({ attempt }) => attempt)).toEqual(times(conflicts.length, (index) => index + 1))
    expect(conflicts[0]).toMatchObject({ id })
    expect(store.memory.load(id)).toEqual(before)
  })

  it('does not lose the change: once the store is well again, save() stores it', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    const handle = sessions.open(visit(cookie))
    const session = await handle.write()
    session.update('visits', (n = 0) => n + 1)
    store.refuse('update')
    await expect(handle.save()).rejects.toThrow(SessionConflictError)
    expect(session.get('visits')).toBe(2)
    store.heal()
    await handle.save()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
  })

  it('does not take a new session over an id that is taken', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    store.refuse('create')
    await expect(increment(sessions, '')).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    expect(store.memory.size).toBe(0)
  })
})

describe('a session that expires while it is held', () => {
  it('is dropped: neither a write nor a touch brings it back', async () => {
    for (const act of ['write', 'touch', 'regenerate'] as const) {
      let now = 1_800_000_000_000
      const store = new StagedStore()
      const { sessions, events } = processOn(store, { idleTimeout: 60, now: () => now })
      const { cookie, id } = await sessions.issue({ visits: 1 })
      const response = await sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.write()
        now += 60_000
        if (act === 'write') session.set('visits', 2)
        if (act === 'regenerate') session.regenerate()
        return new Response()
      })
      expect(sessionCookies(response)).toEqual([])
      expect(events).toContainEqual(expect.objectContaining({ type: 'dropped', reason: 'gone', id }))
      expect((await sessions.read(visit(cookie))).isNew).toBe(true)
      expect(store.memory.load(id)).toBe(undefined)
    }
  })

  it('lives on when another request has used it meanwhile', async () => {
    let now = 1_800_000_000_000
    const store = new StagedStore()
    const { sessions } = processOn(store, { idleTimeout: 60, now: () => now })
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      now += 40_000
      await increment(sessions, cookie, 'others')
      now += 40_000
      session.set('visits', 2)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 2, others: 1 })
  })
})

describe('an owner or a lifetime that another process sets while a request saves twice', () => {
  it('stays, even if both have made the same data', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const other = processOn(store)
    const { id, cookie } = await sessions.issue({ visits: 0 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 1)
      await other.sessions.handle(visit(cookie), async (handle) => {
        const session = await handle.write()
        session.setOwner('ada')
        session.setLifetime({ idleTimeout: 60 })
        return new Response()
      })
      await handle.save()
      expect(session.owner).toBe('ada')
      session.set('clicks', 1)
      return new Response()
    })
    const record = store.memory.load(id)
    expect(record?.owner).toBe('ada')
    expect(JSON.parse(record?.meta ?? '')).toMatchObject({ own: { idleTimeout: 60 } })
    expect(JSON.parse(record?.data ?? '')).toEqual({ visits: 1, clicks: 1 })
  })
})
