import { testStore } from '@fetch-sessions/store-testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cachedStore } from './cached-store.js'
import { MemoryStore } from './memory-store.js'
import type { SessionRecord, SessionStore } from './store.js'

const HOUR = 3_600_000
const ID = 'a'.repeat(43)

function record(fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: 'first', createdAt: 0, expiresAt: HOUR, owner: 'ada', version: 1, ...fields }
}

const second = record({ data: 'second', version: 2 })

/** The store, with `around` what happens when a method is called. */
function wrap(store: SessionStore, around: (name: string, call: () => unknown) => unknown): SessionStore {
  return new Proxy(store, {
    get(_, name) {
      const member = Reflect.get(store, name, store)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => around(String(name), () => Reflect.apply(member, store, args))
    },
  })
}

/** A store to which calls and answers take their time, now less, now more. */
function remote(store: SessionStore): SessionStore {
  let calls = 0
  return wrap(store, async (_, call) => {
    const turns = (calls++ * 7) % 20
    for (let i = 0; i < turns; i++) await undefined
    const answer = call()
    for (let i = 0; i < turns; i++) await undefined
    return answer
  })
}

/** A far store that can be watched, held up and broken, a clock, and a cached store over it. */
function setUp(options: { readonly near?: SessionStore; readonly maxStaleness?: number } = {}) {
  const clock = { now: 0 }
  const now = () => clock.now
  const behind = new MemoryStore({ now })
  const calls: string[] = []
  const broken = new Set<string>()
  const held = new Map<string, Promise<void>>()
  const far = wrap(behind, (name, call) => {
    calls.push(name)
    if (broken.has(name)) throw new Error('out of reach')
    const answer = call()
    return held.get(name)?.then(() => answer) ?? answer
  })
  /** From now on the far store's answers to `method` are made at once but arrive only after `release()`. */
  function hold(method: keyof SessionStore): { release(): void } {
    let release = (): void => {}
    held.set(
      method,
      new Promise((resolve) => {
        release = resolve
      }),
    )
    return {
      release() {
        held.delete(method)
        release()
      },
    }
  }
  const { near = new MemoryStore({ now }), ...rest } = options
  return { store: cachedStore(near, far, { now, ...rest }), near, behind, clock, calls, broken, hold }
}

describe.each([
  ['memory over memory', (store: SessionStore) => store, (store: SessionStore) => store],
  ['memory over a remote store', (store: SessionStore) => store, remote],
  ['remote over remote', remote, remote],
])('cachedStore, %s', (_, near, far) => {
  testStore(
    'conforms',
    () => {
      const clock = { now: Date.now() }
      const now = () => clock.now
      const advance = (milliseconds: number) => {
        clock.now += milliseconds
      }
      const store = cachedStore(near(new MemoryStore({ now })), far(new MemoryStore({ now })), { now })
      return { store, clock: { now, advance } }
    },
    { describe, it },
  )
})

testStore(
  'cachedStore with the manager’s clock',
  () => ({ store: cachedStore(new MemoryStore(), new MemoryStore()) }),
  { describe, it },
)

describe('cachedStore: reads', () => {
  it('come from the near store after a create, an update or a load', async () => {
    const { store, behind, calls } = setUp()
    await store.create(ID, record())
    expect(await store.load(ID)).toEqual(record())
    await store.update(ID, second)
    expect(await store.load(ID)).toEqual(second)
    behind.create('b', record())
    await store.load('b')
    expect(await store.load('b')).toEqual(record())
    expect(calls).toEqual(['create', 'update', 'load'])
  })

  it('ask the far store again after maxStaleness seconds, counted from the asking', async () => {
    const { store, behind, clock, hold } = setUp({ maxStaleness: 10 })
    behind.create(ID, record())
    const { release } = hold('load')
    const loading = store.load(ID)
    clock.now = 8_000
    release()
    await loading
    behind.update(ID, second)
    clock.now = 9_999
    expect(await store.load(ID)).toEqual(record())
    clock.now = 10_000
    expect(await store.load(ID)).toEqual(second)
  })

  it('see what another process deleted after maxStaleness seconds at the latest', async () => {
    const { store, behind, clock } = setUp()
    await store.create(ID, record())
    behind.delete(ID)
    clock.now = 30_000
    expect(await store.load(ID)).toBeUndefined()
  })

  it('ask the far store about a copy from later: the clock was set back', async () => {
    const { store, behind, clock } = setUp({ maxStaleness: 10 })
    clock.now = HOUR / 2
    await store.create(ID, record())
    clock.now = 1000
    behind.update(ID, second)
    expect(await store.load(ID)).toEqual(second)
    clock.now = 10_999
    behind.delete(ID)
    expect(await store.load(ID)).toEqual(second)
    clock.now = 11_000
    expect(await store.load(ID)).toBeUndefined()
  })

  it('ask the far store about a copy that has expired, since another process may have extended it', async () => {
    const near = new MemoryStore({ now: () => 0 })
    const { store, behind, clock } = setUp({ near, maxStaleness: 10_000 })
    await store.create(ID, record())
    behind.touch(ID, 2 * HOUR, 1)
    clock.now = HOUR
    expect(await store.load(ID)).toEqual(record({ expiresAt: 2 * HOUR }))
  })

  it('ask the far store for what the near store has dropped', async () => {
    const { store } = setUp({ near: new MemoryStore({ maxSessions: 1, now: () => 0 }) })
    await store.create(ID, record())
    await store.create('b', record())
    expect(await store.load(ID)).toEqual(record())
  })

  it('do not remember that a session is missing', async () => {
    const { store, behind } = setUp()
    expect(await store.load(ID)).toBeUndefined()
    behind.create(ID, record())
    expect(await store.load(ID)).toEqual(record())
  })
})

describe('cachedStore: writes', () => {
  it('are decided by the far store', async () => {
    const { store, behind } = setUp()
    behind.create(ID, record())
    expect(await store.create(ID, record({ data: 'other' }))).toBe(false)
    expect(await store.update(ID, second)).toBe(true)
    expect(behind.load(ID)).toEqual(second)
    expect(await store.touch(ID, 2 * HOUR, 2)).toBe(true)
    expect(behind.load(ID)?.expiresAt).toBe(2 * HOUR)
    expect(await store.load(ID)).toEqual({ ...second, expiresAt: 2 * HOUR })
  })

  it('that conflict make the next load ask the far store', async () => {
    const { store, behind } = setUp()
    await store.create(ID, record())
    behind.update(ID, second)
    expect(await store.update(ID, record({ data: 'mine', version: 2 }))).toBe(false)
    expect(await store.load(ID)).toEqual(second)
  })

  it('that conflict are not outdone by a load that was under way', async () => {
    const { store, behind, hold } = setUp()
    behind.create(ID, record())
    const { release } = hold('load')
    const loading = store.load(ID)
    behind.update(ID, second)
    await store.update(ID, record({ data: 'mine', version: 2 }))
    release()
    await loading
    expect(await store.load(ID)).toEqual(second)
  })

  it.each(['update', 'touch'] as const)('that fail in %s make the next load ask the far store', async (method) => {
    const { store, calls, broken } = setUp()
    await store.create(ID, record())
    broken.add(method)
    await expect(async () => (method === 'update' ? store.update(ID, second) : store.touch(ID, 1, 1))).rejects.toThrow()
    calls.length = 0
    expect(await store.load(ID)).toEqual(record())
    expect(calls).toEqual(['load'])
  })

  it('are not outdone by a load that asked before and is answered after', async () => {
    const { store, behind, hold } = setUp()
    behind.create(ID, record())
    const { release } = hold('load')
    const loading = store.load(ID)
    await store.update(ID, second)
    release()
    expect(await loading).toEqual(record())
    expect(await store.load(ID)).toEqual(second)
  })

  it('leave the newest copy when two are answered in the other order', async () => {
    const { store, hold } = setUp()
    await store.create(ID, record())
    const { release } = hold('update')
    const slow = store.update(ID, second)
    const newest = record({ data: 'third', version: 3 })
    // The far store has both already; the first answer is on its way when the second one is asked for.
    const fast = store.update(ID, newest)
    release()
    expect(await Promise.all([slow, fast])).toEqual([true, true])
    expect(await store.load(ID)).toEqual(newest)
  })

  it('of one process are seen by its loads at once, also while copies are being made', async () => {
    const near = remote(new MemoryStore({ now: () => 0 }))
    const { store } = setUp({ near })
    await store.create(ID, record())
    let newest = record()
    for (let version = 2; version < 50; version++) {
      const next = record({ data: `${version}`, version })
      const loading = store.load(ID)
      expect(await store.update(ID, next)).toBe(true)
      newest = next
      expect(await store.load(ID)).toEqual(newest)
      await loading
      expect(await store.load(ID)).toEqual(newest)
    }
  })
})

describe('cachedStore: deletions', () => {
  it('are final though a load was under way', async () => {
    const { store, behind, hold } = setUp()
    behind.create(ID, record())
    const { release } = hold('load')
    const loading = store.load(ID)
    await store.delete(ID)
    release()
    expect(await loading).toBeUndefined()
    expect(await store.load(ID)).toBeUndefined()
  })

  it('are final though an update was under way', async () => {
    const { store, hold } = setUp()
    await store.create(ID, record())
    const { release } = hold('update')
    const updating = store.update(ID, second)
    await store.delete(ID)
    release()
    await updating
    expect(await store.load(ID)).toBeUndefined()
  })

  it('are final though an eventually consistent far store still has the record', async () => {
    const { store, behind } = setUp()
    await store.create(ID, record())
    await store.delete(ID)
    behind.create(ID, record())
    expect(await store.load(ID)).toBeUndefined()
    expect(await store.update(ID, second)).toBe(false)
    expect(await store.touch(ID, 2 * HOUR, 1)).toBe(false)
    expect(behind.load(ID)).toEqual(record())
  })

  it('by owner are final though the far store still has the records', async () => {
    const { store, behind } = setUp()
    await store.create(ID, record())
    await store.create('spared', record())
    expect(await store.deleteByOwner?.('ada', 'spared')).toBe(1)
    behind.create(ID, record())
    expect(await store.load(ID)).toBeUndefined()
    expect(await store.load('spared')).toEqual(record())
  })

  it('by owner leave alone what has become somebody else’s meanwhile', async () => {
    const { store, behind, hold } = setUp()
    const others = record({ owner: 'bob', version: 2 })
    await store.create(ID, record())
    await store.create('gone', record())
    const { release } = hold('listByOwner')
    const deleting = store.deleteByOwner?.('ada')
    behind.update(ID, others)
    release()
    expect(await deleting).toBe(1)
    expect(await store.load(ID)).toEqual(others)
    expect(await store.touch(ID, 2 * HOUR, 2)).toBe(true)
    behind.update(ID, record({ version: 3 }))
    expect(await store.update(ID, record({ version: 4 }))).toBe(true)
    expect(await store.load(ID)).toEqual(record({ version: 4 }))
    expect(await store.load('gone')).toBeUndefined()
  })

  it('by owner leave alone what has become somebody else’s, though as many new ones were deleted', async () => {
    const { store, behind, hold } = setUp()
    const others = record({ owner: undefined, version: 2 })
    await store.create(ID, record())
    const { release } = hold('listByOwner')
    const deleting = store.deleteByOwner?.('ada')
    behind.update(ID, others)
    behind.create('new', record())
    release()
    expect(await deleting).toBe(1)
    expect(await store.touch(ID, HOUR, 2)).toBe(true)
    expect(await store.load(ID)).toEqual(others)
    expect(await store.load('new')).toBeUndefined()
  })

  it.each(['deleteByOwner', 'clear', 'deleteExpired'] as const)(
    'are seen though the far store fails in %s after it has deleted',
    async (method) => {
      const { near, behind } = setUp({ near: new MemoryStore({ now: () => 0 }) })
      const far = wrap(behind, async (name, call) => {
        const answer = await call()
        if (name === method) throw new Error('the answer was lost')
        return answer
      })
      const store = cachedStore(near, far, { now: () => 0 })
      await store.create(ID, record())
      const calls = {
        deleteByOwner: () => store.deleteByOwner?.('ada'),
        clear: () => store.clear?.(),
        deleteExpired: () => store.deleteExpired?.(HOUR, 10),
      }
      await expect(calls[method]()).rejects.toThrow('the answer was lost')
      expect(behind.size).toBe(0)
      expect(await store.load(ID)).toBeUndefined()
    },
  )

  it('of all are seen by a load that was under way', async () => {
    const { store, behind, hold } = setUp()
    behind.create(ID, record())
    const { release } = hold('load')
    const loading = store.load(ID)
    await store.clear?.()
    release()
    await loading
    expect(await store.load(ID)).toBeUndefined()
  })

  it('take the data out of the near store', async () => {
    const { store, near } = setUp()
    await store.create(ID, record())
    await store.delete(ID)
    expect(await near.load(ID)).toBeUndefined()
  })

  it('that fail leave the session usable', async () => {
    const { store, broken } = setUp()
    await store.create(ID, record())
    broken.add('delete')
    await expect(store.delete(ID)).rejects.toThrow('out of reach')
    expect(await store.load(ID)).toEqual(record())
    expect(await store.update(ID, second)).toBe(true)
    broken.clear()
    expect(await store.delete(ID)).toBe(true)
    expect(await store.load(ID)).toBeUndefined()
  })

  it('that succeed stay final when one at the same moment fails', async () => {
    const { store, behind, broken, hold } = setUp()
    await store.create(ID, record())
    const { release } = hold('delete')
    const succeeding = store.delete(ID)
    broken.add('delete')
    await expect(store.delete(ID)).rejects.toThrow('out of reach')
    release()
    expect(await succeeding).toBe(true)
    behind.create(ID, record())
    expect(await store.load(ID)).toBeUndefined()
  })
})

describe('cachedStore: an outage of the far store', () => {
  it('is an error, never a missing session', async () => {
    const { store, behind, broken } = setUp()
    behind.create(ID, record())
    broken.add('load')
    await expect(store.load(ID)).rejects.toThrow('out of reach')
    broken.clear()
    expect(await store.load(ID)).toEqual(record())
  })
})

describe('cachedStore: a near store that is out of reach', () => {
  const down = wrap(new MemoryStore(), () => {
    throw new Error('out of reach')
  })

  it('is no outage: the far store is asked for everything', async () => {
    const { store, calls } = setUp({ near: down })
    expect(await store.create(ID, record())).toBe(true)
    expect(await store.load(ID)).toEqual(record())
    expect(await store.update(ID, second)).toBe(true)
    expect(await store.load(ID)).toEqual(second)
    expect(await store.delete(ID)).toBe(true)
    expect(await store.load(ID)).toBeUndefined()
    expect(calls).toEqual(['create', 'load', 'update', 'load', 'delete'])
  })

  it('does not keep a sign-out everywhere from being carried out', async () => {
    const { store, behind } = setUp({ near: down })
    await store.create(ID, { ...record(), owner: 'ada' })
    expect(await store.deleteByOwner?.('ada')).toBe(1)
    await store.create('b', record())
    await store.clear?.()
    expect([behind.load(ID), behind.load('b')]).toEqual([undefined, undefined])
  })

  it('serves no old copy when it is back', async () => {
    const near = new MemoryStore({ now: () => 0 })
    let isDown = false
    const flaky = wrap(near, (_, call) => {
      if (isDown) throw new Error('out of reach')
      return call()
    })
    const { store, calls } = setUp({ near: flaky })
    await store.create(ID, record())
    isDown = true
    await store.touch(ID, record().expiresAt + 1, 1)
    await store.load(ID)
    isDown = false
    expect(await store.load(ID)).toEqual({ ...record(), expiresAt: record().expiresAt + 1 })
    expect(calls).toEqual(['create', 'touch', 'load', 'load'])
  })
})

describe('cachedStore: a near store that takes too long', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  /** Its calls, and whether it answers. What is asked meanwhile is done once it goes on. */
  function setUpHanging() {
    const nearCalls: string[] = []
    const waiting: (() => void)[] = []
    const state = { hangs: false }
    const near = wrap(new MemoryStore({ now: () => 0 }), async (name, call) => {
      nearCalls.push(name)
      if (state.hangs) await new Promise<void>((resolve) => waiting.push(resolve))
      return call()
    })
    const goOn = async () => {
      state.hangs = false
      for (const resolve of waiting.splice(0)) resolve()
      await vi.advanceTimersByTimeAsync(0)
    }
    return { ...setUp({ near }), nearCalls, state, goOn }
  }

  it('is no outage: 0.2 seconds later the far store is asked', async () => {
    const { store, state } = setUpHanging()
    await store.create(ID, record())
    state.hangs = true
    let loaded: SessionRecord | undefined
    void Promise.resolve(store.load(ID)).then((record) => {
      loaded = record
    })
    await vi.advanceTimersByTimeAsync(199)
    expect(loaded).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(loaded).toEqual(record())
  })

  it('is not asked again within a second, and then it is', async () => {
    const { store, state, clock, nearCalls, goOn } = setUpHanging()
    await store.create(ID, record())
    state.hangs = true
    const late = store.load(ID)
    await vi.advanceTimersByTimeAsync(200)
    await late
    nearCalls.length = 0
    clock.now = 999
    expect(await store.load(ID)).toEqual(record())
    expect(await store.update(ID, second)).toBe(true)
    expect(nearCalls).toEqual([])
    await goOn()
    clock.now = 1000
    await store.load(ID)
    await store.load(ID)
    expect(nearCalls).toEqual(['delete', 'create', 'load'])
  })

  it('is asked again at once where the clock was set back', async () => {
    const { store, state, clock, nearCalls, goOn } = setUpHanging()
    await store.create(ID, record())
    clock.now = 1000
    state.hangs = true
    const late = store.load(ID)
    await vi.advanceTimersByTimeAsync(200)
    await late
    await goOn()
    nearCalls.length = 0
    clock.now = 0
    await store.load(ID)
    expect(nearCalls).toEqual(['delete', 'create'])
  })

  it('is told of a sign-out all the same, which waits no longer', async () => {
    const { store, behind, near, state, goOn } = setUpHanging()
    await store.create(ID, record())
    state.hangs = true
    let isDeleted = false
    void Promise.resolve(store.delete(ID)).then((answer) => {
      isDeleted = answer
    })
    await vi.advanceTimersByTimeAsync(200)
    expect(isDeleted).toBe(true)
    expect(behind.load(ID)).toBeUndefined()
    await goOn()
    expect(await near.load(ID)).toBeUndefined()
  })

  it('puts no old record there when it goes on at last', async () => {
    const { store, near, state, clock, goOn } = setUpHanging()
    state.hangs = true
    const creating = store.create(ID, record())
    await vi.advanceTimersByTimeAsync(200)
    expect(await creating).toBe(true)
    await goOn()
    expect(await near.load(ID)).toBeUndefined()
    clock.now = 1000
    await store.update(ID, second)
    expect(await near.load(ID)).toEqual(second)
  })
})

describe('cachedStore: a far store that says null of what it does not have, as many a database does', () => {
  const saysNull = (store: SessionStore): SessionStore =>
    wrap(store, (name, call) => (name === 'load' ? (call() ?? (null as unknown as undefined)) : call()))

  it('has no session', async () => {
    const store = cachedStore(new MemoryStore(), saysNull(new MemoryStore()))
    expect(await store.load(ID)).toBeUndefined()
  })

  it('has none any more where it deleted fewer of an owner than it had listed', async () => {
    const behind = new MemoryStore({ now: () => 0 })
    const far = wrap(saysNull(behind), (name, call) => {
      if (name === 'deleteByOwner') behind.delete(ID)
      return call()
    })
    const store = cachedStore(new MemoryStore(), far, { now: () => 0 })
    await store.create(ID, { ...record(), owner: 'ada' })
    expect(await store.deleteByOwner?.('ada')).toBe(0)
    expect(await store.load(ID)).toBeUndefined()
  })
})

describe('cachedStore: capabilities', () => {
  const capabilities = ['listByOwner', 'deleteByOwner', 'deleteExpired', 'clear'] as const

  it('are those of the far store', () => {
    const { store } = setUp()
    for (const name of capabilities) expect(store[name]).toBeTypeOf('function')
  })

  it('are none if the far store has none, whatever the near one has', () => {
    const { load, create, update, touch, delete: remove } = new MemoryStore()
    const store = cachedStore(new MemoryStore(), { load, create, update, touch, delete: remove })
    for (const name of capabilities) expect(store[name]).toBeUndefined()
  })

  it('include compare-and-set only if the far store has it', () => {
    const lastWriterWins = Object.assign(new MemoryStore(), { atomic: false })
    expect(cachedStore(new MemoryStore(), new MemoryStore()).atomic).toBe(true)
    expect(cachedStore(new MemoryStore(), lastWriterWins).atomic).toBe(false)
    expect(cachedStore(lastWriterWins, new MemoryStore()).atomic).toBe(true)
  })
})

describe('cachedStore: options', () => {
  it.each([0, -1, Number.NaN])('maxStaleness can’t be %s', (maxStaleness) => {
    const create = () => cachedStore(new MemoryStore(), new MemoryStore(), { maxStaleness })
    expect(create).toThrow(TypeError)
    expect(create).toThrow(/maxStaleness must be a positive, finite number of seconds/)
  })

  it('useClock reaches both stores and the bound on staleness', async () => {
    const clock = { now: 0 }
    const far = new MemoryStore()
    const store = cachedStore(new MemoryStore(), far)
    store.useClock?.(() => clock.now)
    await store.create(ID, record())
    far.update(ID, second)
    expect(await store.load(ID)).toEqual(record())
    clock.now = 30_000
    expect(await store.load(ID)).toEqual(second)
    clock.now = HOUR
    expect(await store.load(ID)).toBeUndefined()
  })
})
