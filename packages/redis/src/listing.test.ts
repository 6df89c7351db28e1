import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { canStartRedis, RedisServer } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import type { IoredisClient } from './clients.js'
import { type RedisStore, redisStore } from './redis-store.js'

describe.skipIf(!(await canStartRedis()))('list', () => {
  let server: RedisServer
  let redis: Redis
  beforeAll(async () => {
    server = await RedisServer.start()
    redis = new Redis(server.url)
  }, 120_000)
  afterAll(async () => {
    redis?.disconnect()
    await server?.stop()
  })

  async function fill(store: RedisStore, count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, newId)
    for (let i = 0; i < count; i += 1000) {
      await Promise.all(ids.slice(i, i + 1000).map((id) => store.create(id, newRecord())))
    }
    return ids.sort()
  }

  /** All ids, as they come, with something done between pages; the pages go to the stores by turns. */
  async function walk(stores: RedisStore[], limit: number, between: () => Promise<unknown> = async () => {}) {
    const ids: string[] = []
    let cursor: string | undefined
    for (let page = 0; ; page++) {
      const next = await stores[page % stores.length]?.list(cursor, limit, Date.now())
      ids.push(...(next?.entries.map(({ id }) => id) ?? []))
      cursor = next?.cursor
      if (cursor === undefined) return ids
      await between()
    }
  }

  /** A client that counts the looks at all keys. */
  function counting(): { client: IoredisClient; scans: () => number } {
    let scans = 0
    const client: IoredisClient = {
      options: redis.options,
      defineCommand() {},
      evalsha: (...args) => {
        if (args[1] === 0 && args[4] === '0') scans++
        return redis.evalsha(...args)
      },
      eval: (...args) => redis.eval(...args),
    }
    return { client, scans: () => scans }
  }

  it('gives each of many sessions once, in pages, and looks at all keys seldom', async () => {
    const prefix = 'many:'
    const { client, scans } = counting()
    const store = redisStore(client, { prefix })
    onTestFinished(() => store.clear())
    const ids = await fill(store, 25_000)
    expect(await walk([store], 700)).toEqual(ids)
    expect(scans()).toBe(3)
  }, 60_000)

  it('gives each session that lives all the time once while Redis’ own table of keys shrinks and grows', async () => {
    const prefix = 'rehash:'
    const store = redisStore(redis, { prefix })
    onTestFinished(() => store.clear())
    const steady = await fill(store, 500)
    const other = redisStore(redis, { prefix: 'other:' })
    let doomed = await fill(other, 12_000)
    // A store of its own for each page, so that each page looks at all keys.
    const stores = Array.from({ length: 40 }, () => redisStore(redis, { prefix }))
    let pages = 0
    const seen = await walk(stores, 40, async () => {
      if (++pages % 2 === 0) doomed = await fill(other, 6000)
      else await Promise.all(doomed.map((id) => other.delete(id)))
    })
    expect(seen).toEqual(steady)
    await other.clear()
  }, 60_000)

  it('goes on in another process, and where nothing is remembered of the listing any more', async () => {
    const prefix = 'processes:'
    const [first, second] = [redisStore(redis, { prefix }), redisStore(redis, { prefix })]
    onTestFinished(() => first.clear())
    const ids = await fill(first, 60)
    expect(await walk([first, second], 7)).toEqual(ids)
    let cursor = (await first.list(undefined, 7, Date.now())).cursor
    // Many listings are begun meanwhile, and never ended.
    for (let i = 0; i < 20; i++) await first.list(undefined, 1, Date.now())
    const rest: string[] = []
    while (cursor !== undefined) {
      const page = await first.list(cursor, 7, Date.now())
      rest.push(...page.entries.map(({ id }) => id))
      cursor = page.cursor
    }
    expect(rest).toEqual(ids.slice(7))
  })

  it('shows a session that was created before a listing began, though another one was begun earlier', async () => {
    const prefix = 'two:'
    const store = redisStore(redis, { prefix })
    onTestFinished(() => store.clear())
    await fill(store, 20)
    const earlier = await store.list(undefined, 5, Date.now())
    const later = 'z'.repeat(43)
    await store.create(later, newRecord())
    expect((await walk([store], 5)).includes(later)).toBe(true)
    expect((await store.list(earlier.cursor, 5, Date.now())).entries).toHaveLength(5)
  })
})
