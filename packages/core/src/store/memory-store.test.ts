import { testStore } from '@fetch-sessions/store-testing'
import { describe, expect, it } from 'vitest'
import { MemoryStore } from './memory-store.js'
import type { SessionRecord } from './store.js'

const MINUTE = 60_000

function record(fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: '{}', createdAt: 0, expiresAt: MINUTE, owner: undefined, version: 1, ...fields }
}

/** A store whose clock stands still until it is told. */
function atTime(now: number, maxSessions?: number) {
  const clock = { now }
  const store = new MemoryStore({ now: () => clock.now, ...(maxSessions === undefined ? {} : { maxSessions }) })
  return { store, clock }
}

testStore('MemoryStore', () => ({ store: new MemoryStore() }), { describe, it })

testStore(
  'MemoryStore with a clock of its own',
  () => {
    const { store, clock } = atTime(Date.now())
    const advance = (milliseconds: number) => {
      clock.now += milliseconds
    }
    return { store, clock: { now: () => clock.now, advance } }
  },
  { describe, it },
)

describe('MemoryStore: maxSessions', () => {
  it('drops the session that was created first when none was used since', () => {
    const { store } = atTime(0, 3)
    for (const id of ['a', 'b', 'c', 'd']) store.create(id, record())
    expect(store.size).toBe(3)
    expect(store.load('a')).toBeUndefined()
    for (const id of ['b', 'c', 'd']) expect(store.load(id)).toBeDefined()
  })

  it('drops the least recently used: load and update count as use', () => {
    const { store } = atTime(0, 3)
    for (const id of ['a', 'b', 'c']) store.create(id, record())
    store.load('a')
    store.update('b', record({ version: 2 }))
    store.create('d', record())
    store.create('e', record())
    expect(['a', 'b', 'c', 'd', 'e'].filter((id) => store.load(id))).toEqual(['b', 'd', 'e'])
  })

  it('drops nothing for a create that gives false', () => {
    const { store } = atTime(0, 2)
    for (const id of ['a', 'b', 'a', 'b']) store.create(id, record())
    expect(store.size).toBe(2)
  })

  it('drops an expired session rather than a live one that is used less', () => {
    const { store, clock } = atTime(0, 2)
    store.create('live', record({ expiresAt: 10 * MINUTE }))
    store.create('expired', record())
    clock.now = MINUTE
    store.create('new', record({ expiresAt: 10 * MINUTE }))
    expect(store.load('live')).toBeDefined()
    expect(store.load('new')).toBeDefined()
  })

  it('keeps one session with a maximum of 1', () => {
    const { store } = atTime(0, 1)
    store.create('a', record({ owner: 'ada' }))
    store.create('b', record({ owner: 'ada' }))
    expect(store.size).toBe(1)
    expect(store.listByOwner('ada').map(({ id }) => id)).toEqual(['b'])
  })

  it('forgets the owner of a session that it drops', () => {
    const { store } = atTime(0, 10)
    for (let i = 0; i < 1000; i++) store.create(`${i}`, record({ owner: `owner ${i}` }))
    for (let i = 0; i < 990; i++) expect(store.listByOwner(`owner ${i}`)).toEqual([])
    expect(store.deleteByOwner('owner 999')).toBe(1)
    expect(store.size).toBe(9)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s', (maxSessions) => {
    expect(() => new MemoryStore({ maxSessions })).toThrow(/maxSessions must be a whole number above 0/)
    expect(() => new MemoryStore({ maxSessions })).toThrow(TypeError)
  })
})

describe('MemoryStore: expired sessions', () => {
  it('are dead from that very millisecond on', () => {
    const { store, clock } = atTime(MINUTE - 1)
    store.create('a', record({ owner: 'ada' }))
    expect(store.load('a')).toBeDefined()
    clock.now = MINUTE
    expect(store.load('a')).toBeUndefined()
    expect(store.listByOwner('ada')).toEqual([])
    expect(store.update('a', record({ version: 2 }))).toBe(false)
    expect(store.touch('a', 2 * MINUTE, 1)).toBe(false)
    expect(store.delete('a')).toBe(false)
    expect(store.size).toBe(0)
  })

  it('make room for a new session of the same id', () => {
    const { store, clock } = atTime(0)
    store.create('a', record({ owner: 'ada' }))
    clock.now = MINUTE
    expect(store.create('a', record({ expiresAt: 2 * MINUTE }))).toBe(true)
    expect(store.listByOwner('ada')).toEqual([])
  })

  it.each([
    ['created first', (i: number) => i < 200],
    ['created last', (i: number) => i >= 99_800],
    ['among them', (i: number) => i % 500 === 0],
  ])('are dropped by some dozens of creates, 95 of 100 of 100 000, when 200 live ones were %s', (_, isLive) => {
    const { store, clock } = atTime(0)
    for (let i = 0; i < 100_000; i++) {
      store.create(`${i}`, record({ expiresAt: isLive(i) ? 2 * MINUTE : MINUTE, owner: `owner ${i % 7}` }))
    }
    clock.now = MINUTE
    for (let i = 0; i < 48; i++) store.create(`new ${i}`, record({ expiresAt: 2 * MINUTE }))
    expect(store.size).toBeGreaterThanOrEqual(200 + 48)
    expect(store.size).toBeLessThan(200 + 48 + 5000)
  })

  it('are dropped by each create, and its owners with them', () => {
    const { store, clock } = atTime(0)
    for (let i = 0; i < 10_000; i++) store.create(`${i}`, record({ owner: 'ada' }))
    clock.now = MINUTE
    for (let i = 0; i < 10; i++) store.create(`new ${i}`, record({ expiresAt: 2 * MINUTE }))
    expect(store.size).toBe(10)
    expect(store.listByOwner('ada')).toEqual([])
  })

  it('do not take live ones along, however these were used meanwhile', () => {
    const { store, clock } = atTime(0)
    const live = Array.from({ length: 100 }, (_, i) => `live ${i}`)
    for (let i = 0; i < 1000; i++) {
      store.create(`${i}`, record())
      if (i % 10 === 0) store.create(live[i / 10] as string, record({ expiresAt: 9 * MINUTE }))
    }
    clock.now = MINUTE
    for (let i = 0; i < 200; i++) {
      store.load(live[(i * 37) % 100] as string)
      store.delete(`${i * 3}`)
      store.create(`new ${i}`, record({ expiresAt: 9 * MINUTE }))
    }
    expect(store.size).toBe(300)
    expect(live.every((id) => store.load(id))).toBe(true)
  })
})

describe('MemoryStore: clock', () => {
  it('is Date.now at first', () => {
    const store = new MemoryStore()
    store.create('past', record({ expiresAt: Date.now() - 1 }))
    store.create('future', record({ expiresAt: Date.now() + MINUTE }))
    expect(store.load('past')).toBeUndefined()
    expect(store.load('future')).toBeDefined()
  })

  it('is the one of the manager when useClock hands it in', () => {
    const store = new MemoryStore()
    store.useClock(() => 0)
    store.create('a', record())
    expect(store.load('a')).toBeDefined()
  })

  it('stays its own when it was given one', () => {
    const { store } = atTime(0)
    store.useClock(() => MINUTE)
    store.create('a', record())
    expect(store.load('a')).toBeDefined()
  })
})

describe('MemoryStore: options', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10'])('can not have maxSessions of %j', (maxSessions) => {
    expect(() => new MemoryStore({ maxSessions: maxSessions as number })).toThrow(TypeError)
    expect(() => new MemoryStore({ maxSessions: maxSessions as number })).toThrow(/maxSessions/)
  })
})
