import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SessionManager } from '../index.js'
import { gate } from '../testing/gate.js'
import { increment, processOn, times } from '../testing/process.js'
import { cookieAfter, sessionCookies } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { StagedStore } from '../testing/staged-store.js'
import { visit } from '../testing/visit.js'

type Data = Record<string, number>

/** There, no queue lines up the writers of a process. */
const isOnWorkers = 'WebSocketPair' in globalThis

describe('a batch of commits', () => {
  it('that others win each time fails as a whole, and none of it is stored', async () => {
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

  it('of which one does not fit the schema together with the others fails that one only', async () => {
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
  it('as a destroy ends the session that is just being created', async () => {
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

  it('to a session that is just being regenerated is stored under the new id', async () => {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 1 })
    for (const method of ['create', 'update'] as const) {
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

  it('in place to a value that it holds is stored next, others’ changes in between or not', async () => {
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

describe('one slow request', () => {
  it('does not keep others of other sessions waiting', async () => {
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

  it('holds no lock while its handler runs: others of the same session are answered', async () => {
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

  it('whose store call fails leaves those that queue behind it unharmed', async () => {
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

describe('a write that the store never answers', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  async function setUp() {
    const store = new StagedStore()
    const { sessions } = processOn(store)
    const { cookie } = await sessions.issue({ visits: 0 })
    const [arrived, hold] = [gate(), gate()]
    store.beforeNext('update', () => {
      arrived.open()
      return hold.opened
    })
    const first = increment(sessions, cookie)
    await arrived.opened
    const visits = async () => (await sessions.read(visit(cookie))).get('visits')
    return { store, sessions, cookie, hold, first, visits }
  }

  it('keeps the next one waiting for five seconds, and those after that not at all', async () => {
    if (isOnWorkers) return
    const { sessions, cookie, visits } = await setUp()
    let isWritten = false
    const second = increment(sessions, cookie).then(() => {
      isWritten = true
    })
    await vi.advanceTimersByTimeAsync(4999)
    expect(isWritten).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await second
    await increment(sessions, cookie)
    await increment(sessions, cookie)
    expect(await visits()).toBe(3)
  })

  it('takes those that follow out of no later queue when the answer comes at last', async () => {
    if (isOnWorkers) return
    const { store, sessions, cookie, hold, first, visits } = await setUp()
    const second = increment(sessions, cookie)
    await vi.advanceTimersByTimeAsync(5000)
    await second
    const [arrived, holdThird] = [gate(), gate()]
    store.beforeNext('update', () => {
      arrived.open()
      return holdThird.opened
    })
    const third = increment(sessions, cookie)
    await arrived.opened
    hold.open()
    await first
    store.forget()
    const more = times(3, () => increment(sessions, cookie))
    await vi.advanceTimersByTimeAsync(0)
    expect(store.methods.filter((method) => method === 'update')).toEqual([])
    holdThird.open()
    await Promise.all([third, ...more])
    expect(await visits()).toBe(6)
  })
})

describe('a batch of commits that is tried again', () => {
  it('stores a change and reports success, or does neither, if it did not apply the first time', async () => {
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
