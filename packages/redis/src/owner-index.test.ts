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

  /** A store whose calls wait at the `n`th script that it runs, until they are told to go on. */
  function storeThatWaits(n: number): { slow: RedisStore; waits: Promise<void>; goOn(): void } {
    let calls = 0
    const [waits, arrive] = signal()
    const [going, goOn] = signal()
    const evalsha = async (...args: Parameters<IoredisClient['evalsha']>) => {
      if (++calls === n) {
        arrive()
        await going
      }
      return redis.evalsha(...args)
    }
    const client: IoredisClient = {
      options: redis.options,
      defineCommand() {},
      evalsha,
      eval: (...args) => redis.eval(...args),
    }
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
    expect(await store.delete(old)).toBe(true)
    goOn()
    expect(await deleted).toBe(1)
    expect(await store.load(successor)).toBeUndefined()
  })

  it('has a session that becomes the owner’s while others list and remove the owner’s', async () => {
    const id = newId()
    const record = newRecord({ owner: 'bob' })
    await store.create(id, record)
    const { slow, waits, goOn } = storeThatWaits(3)
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
    const { slow, waits, goOn } = storeThatWaits(3)
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
    const keptUntil = await redis.zscore(`${prefix}owner:ada`, id)
    await store.update(id, { ...record, version: 2, owner: 'bob', expiresAt: Date.now() + 1000 })
    await store.update(id, { ...record, version: 3, expiresAt: Date.now() + 1000 })
    expect(await redis.zscore(`${prefix}owner:ada`, id)).toBe(keptUntil)
  })

  it('drops sessions that Redis has dropped, when it is read', async () => {
    const [kept, lost] = [newId(), newId()]
    for (const id of [kept, lost]) await store.create(id, newRecord({ owner: 'ada' }))
    await redis.unlink(prefix + lost)
    expect(await idsOf('ada')).toEqual([kept])
    expect(await entriesOf('ada')).toEqual([kept])
    await redis.unlink(prefix + kept)
    expect(await store.deleteByOwner('ada')).toBe(0)
    expect(await redis.exists(`${prefix}owner:ada`)).toBe(0)
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
  }, 30_000)
})
