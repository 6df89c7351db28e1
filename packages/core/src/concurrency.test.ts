import { describe, expect, it } from 'vitest'
import { SessionConflictError, type SessionEvent, SessionManager, type SessionOptions } from './index.js'
import { StagedStore } from './testing/staged-store.js'
import { cookieAfter, gate, sessionCookies, visit } from './testing/visit.js'

const secret = 'thirty-two bytes of secret, at least'

type Data = Record<string, number>

interface Process {
  readonly sessions: SessionManager<Data>
  readonly events: SessionEvent[]
}

/** Two of them on one store are as two processes. */
function processOn(store: StagedStore, options: Partial<SessionOptions<Data>> = {}): Process {
  const events: SessionEvent[] = []
  const onEvent = (event: SessionEvent): void => void events.push(event)
  return { sessions: new SessionManager<Data>({ store, secret, onEvent, ...options }), events }
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

function increment(sessions: SessionManager<Data>, cookie: string, key = 'visits'): Promise<Response> {
  return sessions.handle(visit(cookie), async (handle) => {
    ;(await handle.write()).update(key, (n = 0) => n + 1)
    return new Response()
  })
}

describe('a hundred requests that increment one session at once', () => {
  it('are all counted, in at most 20 store calls beyond their loads [B222, hardest 2]', async () => {
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

  it('are all counted when the store answers at once [B222]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    await Promise.all(times(100, () => increment(sessions, cookie)))
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(100)
  })

  it('are all counted when they run in two processes [B222]', async () => {
    const store = new StagedStore()
    const one = processOn(store)
    const two = processOn(store)
    const { cookie } = await one.sessions.issue({ visits: 0 })
    store.delay(1, 5)
    await Promise.all(times(100, (index) => increment(index % 2 === 0 ? one.sessions : two.sessions, cookie)))
    store.heal()
    expect((await one.sessions.read(visit(cookie))).get('visits')).toBe(100)
  })

  it('are all counted when they arrive one by one, in two processes [B222]', async () => {
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

  it('tell each its own outcome once it is saved: each number from 1 to 100 is seen by at most one [B222]', async () => {
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
  it('all keep their change, in one process [B222]', async () => {
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

  it('all keep their change, in three processes, deletes and changes in place included [B222]', async () => {
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
  it('leave the value of the last to be stored, whole [B222]', async () => {
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

  it('do not undo one another where a request sets what was there when it came: that is no change [B82, B221]', async () => {
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

describe('a slow reader', () => {
  it('that changes nothing does not write its stale data back [B221]', async () => {
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

  it('that touches leaves what others wrote meanwhile [B114, B221]', async () => {
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

  it.each(['existing', 'always'] as const)(
    'under "%s" leaves what others wrote as well [B221]',
    async (persistence) => {
      const store = new StagedStore()
      const { sessions } = processOn(store, { persistence })
      const { cookie } = await sessions.issue({ visits: 1 })
      await sessions.handle(visit(cookie), async (handle) => {
        await handle.read()
        await increment(sessions, cookie)
        return new Response()
      })
      expect((await sessions.read(visit(cookie))).get('visits')).toBe(2)
    },
  )
})

describe('two first requests without a cookie at once', () => {
  it('get two sessions, each its own [B220]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    store.delay(1, 3)
    const responses = await Promise.all(times(20, () => increment(sessions, '')))
    store.heal()
    expect(new Set(responses.map((response) => cookieAfter(response))).size).toBe(20)
    expect(store.memory.size).toBe(20)
  })
})

describe('one request that asks several times', () => {
  it('loads once, and all see one state [B219, B228]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    store.forget()
    store.delay(1, 3)
    await sessions.handle(visit(cookie), async (handle) => {
      const [one, two, three, four] = await Promise.all([handle.read(), handle.read(), handle.write(), handle.write()])
      three.set('visits', 2)
      expect(one.get('visits')).toBe(2)
      expect(two.get('visits')).toBe(2)
      four.update('visits', (n = 0) => n + 1)
      expect(one.get('visits')).toBe(3)
      return new Response()
    })
    store.heal()
    expect(store.methods).toEqual(['load', 'update'])
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(3)
  })

  it('that saves several times at once stores each change once [B228]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    store.delay(1, 3)
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      const saves: Promise<void>[] = []
      for (let index = 0; index < 5; index++) {
        session.update('visits', (n = 0) => n + 1)
        saves.push(handle.save())
      }
      await Promise.all(saves)
      return new Response()
    })
    store.heal()
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(5)
  })

  it('loses nothing that it changes while its own save is on the way [B228]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.set('visits', 2)
      store.beforeNext('update', async () => {
        await increment(sessions, cookie, 'others').catch(() => {})
      })
      store.delay(2, 4)
      const saving = handle.save()
      await new Promise((resolve) => setTimeout(resolve, 1))
      session.set('late', 1)
      session.update('visits', (n = 0) => n + 1)
      await saving
      expect(session.get('late')).toBe(1)
      return new Response()
    })
    store.heal()
    const session = await sessions.read(visit(cookie))
    expect(session.get('visits')).toBe(3)
    expect(session.get('late')).toBe(1)
  })
})

describe('the update callback', () => {
  it('runs again on the newer value when another request won [B222]', async () => {
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

  it('sees undefined when another request deleted the key [B222]', async () => {
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

  it('runs again even if it changed nothing at first, when the request has something to store [B222]', async () => {
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

  it('that throws when it runs again fails its own request only, with its own error [B222]', async () => {
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

  it('that makes something JSON can not carry when it runs again fails its own request only [B73, B222]', async () => {
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

describe('a store whose compare-and-set never succeeds', () => {
  it('ends in a SessionConflictError after a bounded number of attempts, and nothing is half-written [B222]', async () => {
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

  it('does not lose the change: once the store is well again, save() stores it [B222]', async () => {
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

  it('does not take a new session over an id that is taken [B155, B222]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    store.refuse('create')
    await expect(increment(sessions, '')).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    expect(store.memory.size).toBe(0)
  })
})

describe('a batch of commits', () => {
  it('that others win each time fails as a whole, and none of it is stored [B222]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie, id } = await sessions.issue({ visits: 1 })
    const before = store.memory.load(id)
    store.delay(1, 2)
    store.refuse('update')
    const outcomes = await Promise.allSettled(times(5, (index) => increment(sessions, cookie, `key ${index}`)))
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_SESSION_CONFLICT' } })
    }
    expect(store.memory.load(id)).toEqual(before)
    store.heal()
    await increment(sessions, cookie)
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ visits: 2 })
  })

  it('of which one does not fit the schema together with the others fails that one only [B180, B222]', async () => {
    const store = new StagedStore()
    const notBoth = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (data: unknown) => {
          const value = data as Data
          return value.one !== undefined && value.other !== undefined ? { issues: [{ message: 'both' }] } : { value }
        },
      },
    }
    const { sessions } = processOn(store, { schema: notBoth })
    const { cookie } = await sessions.issue({ visits: 1 })
    store.delay(2, 2)
    const outcomes = await Promise.allSettled(
      ['first', 'one', 'other', 'last'].map((key) => increment(sessions, cookie, key)),
    )
    store.heal()
    const rejected = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(rejected).toHaveLength(1)
    expect(rejected[0]?.reason).toMatchObject({ code: 'ERR_SESSION_DATA' })
    const session = await sessions.read(visit(cookie))
    expect(session.keys()).toEqual(expect.arrayContaining(['visits', 'first', 'last']))
    expect(session.has('one')).not.toBe(session.has('other'))
  })
})

describe('what a request does while its own save is under way', () => {
  it('as a destroy ends the session that is just being created [B149, B228]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const arrived = gate()
    const hold = gate()
    store.beforeNext('create', () => {
      arrived.open()
      return hold.opened
    })
    const response = await sessions.handle(visit(), async (handle) => {
      const session = await handle.write()
      session.set('visits', 1)
      const saving = handle.save()
      await arrived.opened
      session.destroy()
      hold.open()
      await saving
      return new Response()
    })
    expect(store.memory.size).toBe(0)
    expect(sessionCookies(response)).toEqual([])
  })

  it('to a session that is just being regenerated is stored under the new id [B128, B228]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    for (const method of ['create', 'delete'] as const) {
      const { cookie: own } = await sessions.issue({ visits: 1 })
      const arrived = gate()
      const hold = gate()
      store.beforeNext(method, () => {
        arrived.open()
        return hold.opened
      })
      const response = await sessions.handle(visit(own), async (handle) => {
        const session = await handle.write()
        session.regenerate()
        const saving = handle.save()
        await arrived.opened
        session.set('late', 2)
        session.setOwner('ada')
        hold.open()
        await saving
        return new Response()
      })
      const session = await sessions.read(visit(cookieAfter(response)))
      expect(session.toJSON()).toEqual({ visits: 1, late: 2 })
      expect(session.owner).toBe('ada')
      expect((await sessions.read(visit(own))).isNew).toBe(true)
    }
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(1)
  })

  it('in place to a value that it holds is stored next, others’ changes in between or not [B85, B222]', async () => {
    const store = new StagedStore()
    const sessions = new SessionManager<{ list: number[]; others: number }>({ store, secret })
    const other = new SessionManager<{ list: number[]; others: number }>({ store, secret })
    const { cookie } = await sessions.issue({ list: [1] })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      const list = session.get('list') as number[]
      list.push(2)
      store.beforeNext('update', async () => {
        await other.handle(visit(cookie), async (theirs) => {
          ;(await theirs.write()).set('others', 1)
          return new Response()
        })
        list.push(3)
      })
      await handle.save()
      list.push(4)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ list: [1, 2, 3, 4], others: 1 })
  })
})

describe('a session that expires while it is held', () => {
  it('is dropped: neither a write nor a touch brings it back [B104, B224]', async () => {
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

  it('lives on when another request has used it meanwhile [B108, B221]', async () => {
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

describe('one slow request', () => {
  it('does not keep others of other sessions waiting [B228]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const slow = await sessions.issue({ visits: 0 })
    const fast = await sessions.issue({ visits: 0 })
    const hold = gate()
    const arrived = gate()
    store.beforeNext('update', () => {
      arrived.open()
      return hold.opened
    })
    const waiting = increment(sessions, slow.cookie)
    await arrived.opened
    await increment(sessions, fast.cookie)
    expect((await sessions.read(visit(fast.cookie))).get('visits')).toBe(1)
    hold.open()
    await waiting
    expect((await sessions.read(visit(slow.cookie))).get('visits')).toBe(1)
  })

  it('holds no lock while its handler runs: others of the same session are answered [B228]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      session.update('visits', (n = 0) => n + 1)
      for (let index = 0; index < 5; index++) await increment(sessions, cookie)
      expect((await sessions.read(visit(cookie))).get('visits')).toBe(5)
      return new Response()
    })
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(6)
  })

  it('whose store call fails leaves those that queue behind it unharmed [B228]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    const hold = gate()
    const arrived = gate()
    store.beforeNext('update', async () => {
      arrived.open()
      await hold.opened
      throw new Error('out of reach')
    })
    const failing = increment(sessions, cookie)
    const outcome = expect(failing).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    await arrived.opened
    const behind = times(5, () => increment(sessions, cookie))
    await new Promise((resolve) => setTimeout(resolve, 5))
    hold.open()
    await outcome
    await Promise.all(behind)
    expect((await sessions.read(visit(cookie))).get('visits')).toBe(5)
  })
})

describe('regenerate() while a save of the same request is under way', () => {
  it('is carried out by the next save: the old id opens nothing [B130, B228]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { id, cookie } = await sessions.issue({ visits: 0 })
    const response = await sessions.handle(visit(cookie), async (handle) => {
      const session = await handle.write()
      store.beforeNext('update', () => session.regenerate())
      session.set('visits', 1)
      await handle.save()
      return new Response()
    })
    expect(store.memory.load(id)).toBeUndefined()
    expect((await sessions.read(visit(cookieAfter(response, cookie)))).get('visits')).toBe(1)
    expect(sessionCookies(response)).toHaveLength(1)
  })
})

describe('an owner or a lifetime that another process sets while a request saves twice', () => {
  it('stays, even if both have made the same data [B222]', async () => {
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

describe('a batch of commits that is tried again', () => {
  it('stores a change and reports success, or does neither, if it did not apply the first time [B222]', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { id, cookie } = await sessions.issue({ visits: 0 })
    const { opened, open } = gate()
    let isRefusing = false
    const [first, second, third] = await Promise.all(
      times(3, async () => {
        const handle = sessions.open(visit(cookie))
        return { handle, session: await handle.write() }
      }),
    )
    first?.session.set('first', 1)
    second?.session.update('visits', (n = 0) => {
      if (isRefusing) throw new Error('not now')
      return n + 1
    })
    third?.session.set('third', 1)
    const updating = gate()
    store.beforeNext('update', () => {
      updating.open()
      return opened
    })
    const saves = [first, second, third].map((request) => request?.handle.save())
    await updating.opened
    isRefusing = true
    store.beforeNext('update', async () => {
      isRefusing = false
      await increment(processOn(store).sessions, cookie, 'elsewhere')
    })
    open()
    const outcomes = await Promise.allSettled(saves)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    expect(JSON.parse(store.memory.load(id)?.data ?? '')).toEqual({ visits: 1, first: 1, third: 1, elsewhere: 1 })
  })
})
