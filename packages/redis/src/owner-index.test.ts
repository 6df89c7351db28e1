import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findRedis } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import { signal } from '../test/signal.js'
import type { IoredisClient } from './clients.js'
import { type RedisStore, redisStore } from './redis-store.js'

const url = (await findRedis()) ?? ''

describe.skipIf(url === '')('the index of owners', () => {
  let redis: Redis
  let prefix: string
  let store: RedisStore
  beforeAll(() => {
    redis = new Redis(url)
  })
  beforeEach(() => {
    prefix = `test:${newId()}:`
    store = redisStore(redis, { prefix })
    return () => store.clear()
  })
  afterAll(() => redis?.quit())

  const entriesOf = (owner: string) => redis.zrange(`${prefix}owner:${owner}`, '0', '-1')
  const idsOf = async (owner: string) => (await store.listByOwner(owner)).map(({ id }) => id)

  /** A client that does something before each script that it runs. */
  function clientThat(before: (call: number, key: string) => Promise<void>): { client: IoredisClient } {
    let calls = 0
    const evalsha = async (...args: Parameters<IoredisClient['evalsha']>) => {
      await before(++calls, args[2] ?? '')
      return redis.evalsha(...args)
    }
    return { client: { options: redis.options, defineCommand() {}, evalsha, eval: (...args) => redis.eval(...args) } }
  }

  /** A store whose calls wait at the `n`th script that it runs, until they are told to go on. */
  function storeThatWaits(n: number): { slow: RedisStore; waits: Promise<void>; goOn(): void } {
    const [waits, arrive] = signal()
    const [going, goOn] = signal()
    const { client } = clientThat(async (call) => {
      if (call !== n) return
      arrive()
      await going
    })
    return { slow: redisStore(client, { prefix }), waits, goOn }
  }

  it('has a session that is created while others list and remove the owner’s', async () => {
    const { slow, waits, goOn } = storeThatWaits(2)
    const id = newId()
    const created = slow.create(id, newRecord({ owner: 'ada' }))
    await waits
    await store.listByOwner('ada')
    expect(await store.deleteByOwner('ada')).toBe(0)
    goOn()
    expect(await created).toBe(true)
    expect(await idsOf('ada')).toEqual([id])
    expect(await store.deleteByOwner('ada')).toBe(1)
  })

  it('shows a session that another was regenerated to while the owner’s were removed', async () => {
    const [old, successor] = [newId(), newId()]
    await store.create(old, newRecord({ owner: 'ada' }))
    const { slow, waits, goOn } = storeThatWaits(2)
    const deleted = slow.deleteByOwner('ada')
    await waits
    await store.create(successor, newRecord({ owner: 'ada' }))
    const marker = newRecord({ data: '', version: 2, expiresAt: Date.now() + 30_000 })
    expect(await store.update(old, marker)).toBe(true)
    goOn()
    expect(await deleted).toBe(1)
    expect(await store.load(successor)).toBeUndefined()
    expect(await store.load(old)).toEqual(marker)
    expect(await entriesOf('ada')).toEqual([])
  })

  it('shows one that a whole chain of sessions was regenerated to while the owner’s were removed', async () => {
    const first = newId()
    await store.create(first, newRecord({ owner: 'ada' }))
    let latest = first
    // Each look at a session finds it regenerated.
    const { client } = clientThat(async (call, key) => {
      if (key !== prefix + latest || latest === '') return
      const old = latest
      latest = ''
      const successor = newId()
      await store.create(successor, newRecord({ owner: 'ada' }))
      await store.update(old, newRecord({ data: '', version: 2, expiresAt: Date.now() + 30_000 }))
      if (call < 40) latest = successor
    })
    expect(await redisStore(client, { prefix }).deleteByOwner('ada')).toBe(1)
    expect(await idsOf('ada')).toEqual([])
    expect(await entriesOf('ada')).toEqual([])
  })

  it('is not looked at for ever: removing the sessions of an owner who never stops signing in is an error', async () => {
    const ids: string[] = []
    const { client } = clientThat(async (_, key) => {
      if (!key.endsWith('owner:ada')) return
      ids.push(newId())
      await store.create(ids.at(-1) ?? '', newRecord({ owner: 'ada' }))
    })
    const error = await redisStore(client, { prefix })
      .deleteByOwner('ada')
      .catch((error: unknown) => error)
    expect(String(error)).toMatch(/new sessions of this owner kept coming while \d+ were removed/)
    expect(String(error)).not.toContain('ada')
    expect(ids.length).toBeGreaterThan(100)
    for (const id of ids.slice(0, 100)) expect(await store.load(id)).toBeUndefined()
  })

  describe('when the sessions of an owner are many, and are removed', () => {
    let first: string
    let others: string[]
    beforeEach(async () => {
      ;[first, others] = [newId(), Array.from({ length: 1100 }, newId)]
      const record = newRecord({ owner: 'ada' })
      // The index begins with what ends first.
      await store.create(first, { ...record, expiresAt: record.expiresAt - 60_000 })
      await Promise.all(others.map((id) => store.create(id, record)))
    })

    it('one that can’t be removed keeps no other, and is an error at the end', async () => {
      const { client } = clientThat(async (_, key) => {
        if (key === prefix + first) throw new Error('out of order')
      })
      await expect(redisStore(client, { prefix }).deleteByOwner('ada')).rejects.toThrow('out of order')
      expect(await idsOf('ada')).toEqual([first])
      expect(await entriesOf('ada')).toEqual([first])
      expect(await store.deleteByOwner('ada')).toBe(1)
    })

    it('something of another type at the key of one is left, and counts as gone', async () => {
      await redis.set(prefix + first, 'text', 'EX', 60)
      expect(await store.deleteByOwner('ada')).toBe(1100)
      expect(await entriesOf('ada')).toEqual([])
      expect(await redis.getdel(prefix + first)).toBe('text')
    })

    it('not all are tried where none of many can be removed', async () => {
      let tried = 0
      const { client } = clientThat(async (_, key) => {
        if (key.endsWith('owner:ada')) return
        tried++
        throw new Error('out of reach')
      })
      await expect(redisStore(client, { prefix }).deleteByOwner('ada')).rejects.toThrow('out of reach')
      expect(tried).toBe(500)
      expect(await idsOf('ada')).toHaveLength(1101)
    })
  })

  describe('when it was lost, as by a failover', () => {
    let id: string
    const record = newRecord({ owner: 'ada' })
    beforeEach(async () => {
      id = newId()
      await store.create(id, record)
      await redis.unlink(`${prefix}owner:ada`)
      expect(await idsOf('ada')).toEqual([])
    })

    it('has the session again after its next update', async () => {
      expect(await store.update(id, { ...record, version: 2 })).toBe(true)
      expect(await idsOf('ada')).toEqual([id])
      expect(await redis.pttl(`${prefix}owner:ada`)).toBeGreaterThan(3_600_000)
      expect(await store.deleteByOwner('ada')).toBe(1)
    })

    it('has the session again after its next touch', async () => {
      expect(await store.touch(id, record.expiresAt + 1, 1)).toBe(true)
      expect(await idsOf('ada')).toEqual([id])
      expect(await store.deleteByOwner('ada')).toBe(1)
    })

    it('is no reason for an update or a touch to fail when it can’t be written either', async () => {
      await redis.set(`${prefix}owner:ada`, 'of another type', 'EX', 60)
      expect(await store.update(id, { ...record, version: 2 })).toBe(true)
      expect(await store.touch(id, record.expiresAt + 1, 2)).toBe(true)
      await redis.unlink(`${prefix}owner:ada`)
    })
  })

  it('has a session that becomes the owner’s while others list and remove the owner’s', async () => {
    const id = newId()
    const record = newRecord({ owner: 'bob' })
    await store.create(id, record)
    const { slow, waits, goOn } = storeThatWaits(4)
    const updated = slow.update(id, { ...record, owner: 'ada', version: 2 })
    await waits
    expect(await entriesOf('ada')).toEqual([id])
    expect(await idsOf('ada')).toEqual([])
    expect(await store.deleteByOwner('ada')).toBe(0)
    goOn()
    expect(await updated).toBe(true)
    expect(await idsOf('ada')).toEqual([id])
    expect(await idsOf('bob')).toEqual([])
  })

  it('has a session that went to another owner and came back while the list was read', async () => {
    const id = newId()
    const record = newRecord({ owner: 'ada' })
    await store.create(id, record)
    await store.update(id, { ...record, owner: 'bob', version: 2 })
    const { slow, waits, goOn } = storeThatWaits(4)
    const back = slow.update(id, { ...record, owner: 'ada', version: 3 })
    await waits
    expect(await idsOf('ada')).toEqual([])
    goOn()
    await back
    expect(await idsOf('ada')).toEqual([id])
  })

  it('has a touched session until its new expiry, and is written only when it would not', async () => {
    let now = Date.now()
    const hour = 3_600_000
    store = redisStore(redis, { prefix, now: () => now })
    const id = newId()
    await store.create(id, newRecord({ owner: 'ada', expiresAt: now + hour }))
    const keptUntil = async () => Number(await redis.zscore(`${prefix}owner:ada`, id))
    expect(await keptUntil()).toBe(now + 2 * hour)
    await store.touch(id, now + 2 * hour, 1)
    expect(await keptUntil()).toBe(now + 2 * hour)
    await store.touch(id, now + 3 * hour, 1)
    expect(await keptUntil()).toBe(now + 6 * hour)
    now += 2.5 * hour
    expect(await idsOf('ada')).toEqual([id])
    expect(await redis.pttl(`${prefix}owner:ada`)).toBeGreaterThan(5 * hour)
  })

  it('never keeps a session for a shorter time than before', async () => {
    const id = newId()
    const record = newRecord({ owner: 'ada' })
    await store.create(id, record)
    const keptUntil = Number(await redis.zscore(`${prefix}owner:ada`, id))
    await store.update(id, { ...record, version: 2, owner: 'bob', expiresAt: Date.now() + 1000 })
    await store.update(id, { ...record, version: 3, expiresAt: Date.now() + 1000 })
    expect(Number(await redis.zscore(`${prefix}owner:ada`, id))).toBeGreaterThanOrEqual(keptUntil)
  })

  it('is only read by a list, also where Redis has dropped a session or its time is over', async () => {
    let now = Date.now()
    store = redisStore(redis, { prefix, now: () => now })
    const ids = [newId(), newId(), newId()]
    const [kept = '', lost = '', expired = ''] = ids
    for (const id of ids) {
      await store.create(id, newRecord({ owner: 'ada', expiresAt: now + (id === expired ? 1000 : 3_600_000) }))
    }
    await redis.unlink(prefix + lost)
    now += 2000
    expect(await idsOf('ada')).toEqual([kept])
    expect((await entriesOf('ada')).sort()).toEqual([...ids].sort())
  })

  it('drops what Redis has dropped when the owner’s sessions are removed', async () => {
    const id = newId()
    await store.create(id, newRecord({ owner: 'ada' }))
    await redis.unlink(prefix + id)
    expect(await store.deleteByOwner('ada')).toBe(0)
    expect(await redis.exists(`${prefix}owner:ada`)).toBe(0)
  })

  it.each(['bob', undefined])('drops a session whose owner becomes %s', async (owner) => {
    const [id, other] = [newId(), newId()]
    const record = newRecord({ owner: 'ada' })
    await store.create(id, record)
    await store.create(other, record)
    await store.update(id, { ...record, owner, data: '', version: 2, expiresAt: Date.now() + 30_000 })
    expect(await entriesOf('ada')).toEqual([other])
  })

  it('keeps a session that came back while it was being dropped', async () => {
    const id = newId()
    const record = newRecord({ owner: 'ada' })
    await store.create(id, record)
    const { slow, waits, goOn } = storeThatWaits(2)
    const away = slow.update(id, { ...record, owner: undefined, version: 2 })
    await waits
    // It is to live for a shorter time now, and is kept for longer than before all the same.
    expect(await store.update(id, { ...record, version: 3, expiresAt: Date.now() + 60_000 })).toBe(true)
    goOn()
    expect(await away).toBe(true)
    expect(await entriesOf('ada')).toEqual([id])
    expect(await store.deleteByOwner('ada')).toBe(1)
  })

  it('drops a session that is deleted', async () => {
    const id = newId()
    await store.create(id, newRecord({ owner: 'ada' }))
    await store.delete(id)
    expect(await redis.exists(`${prefix}owner:ada`)).toBe(0)
  })

  it('drops entries that are over when another session comes', async () => {
    let now = Date.now()
    store = redisStore(redis, { prefix, now: () => now })
    await store.create(newId(), newRecord({ owner: 'ada' }))
    now += 3 * 3_600_000
    const id = newId()
    await store.create(id, newRecord({ owner: 'ada', expiresAt: now + 1000 }))
    expect(await entriesOf('ada')).toEqual([id])
  })

  describe('when it can’t be written', () => {
    beforeEach(async () => {
      await redis.set(`${prefix}owner:ada`, 'of another type', 'EX', 60)
      return () => redis.unlink(`${prefix}owner:ada`)
    })

    it('no session is created', async () => {
      const id = newId()
      await expect(store.create(id, newRecord({ owner: 'ada' }))).rejects.toThrow('WRONGTYPE')
      expect(await store.load(id)).toBeUndefined()
    })

    it('no session becomes the owner’s', async () => {
      const id = newId()
      const record = newRecord()
      await store.create(id, record)
      await expect(store.update(id, { ...record, owner: 'ada', version: 2 })).rejects.toThrow('WRONGTYPE')
      expect(await store.load(id)).toEqual(record)
    })

    it('a session is deleted all the same', async () => {
      const id = newId()
      await redis.unlink(`${prefix}owner:ada`)
      await store.create(id, newRecord({ owner: 'ada' }))
      await redis.set(`${prefix}owner:ada`, 'of another type', 'EX', 60)
      expect(await store.delete(id)).toBe(true)
      expect(await store.load(id)).toBeUndefined()
    })
  })

  it('has each session of an owner after anything that happened at once', async () => {
    const owners = ['ada', 'bob', undefined]
    const any = <Item>(items: Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item
    const ids = Array.from({ length: 40 }, newId)
    const expiry = () => Date.now() + Math.floor(1_000_000 + Math.random() * 10_000_000)
    const other = new Redis(url)
    const stores = [store, redisStore(other, { prefix })]
    const steps: ((store: RedisStore, id: string) => Promise<unknown>)[] = [
      async (store, id) => {
        const record = await store.load(id)
        const next = { owner: any(owners), expiresAt: expiry() }
        if (record) await store.update(id, { ...record, ...next, version: record.version + 1 })
      },
      async (store, id) => store.touch(id, expiry(), (await store.load(id))?.version ?? 1),
      (store) => store.create(newId(), newRecord({ owner: 'ada' })),
      (store) => store.delete(any(ids.slice(0, 10))),
      (store) => store.listByOwner(any(['ada', 'bob'])),
    ]
    for (const id of ids) await store.create(id, newRecord({ owner: any(owners) }))
    await Promise.all(Array.from({ length: 2000 }, () => any(steps)(any(stores), any(ids))))
    const keys = await redis.keys(`${prefix}*`)
    const loaded = await Promise.all(
      keys
        .map((key) => key.slice(prefix.length))
        .filter((name) => name.length === 43)
        .map(async (id) => ({ id, owner: (await store.load(id))?.owner })),
    )
    for (const owner of ['ada', 'bob']) {
      const theirs = loaded.filter((session) => session.owner === owner).map(({ id }) => id)
      expect((await idsOf(owner)).sort()).toEqual(theirs.sort())
      expect(await store.deleteByOwner(owner)).toBe(theirs.length)
    }
    await other.quit()
  }, 120_000)
})
