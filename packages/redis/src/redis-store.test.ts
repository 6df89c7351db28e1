import { SessionManager } from '@fetch-sessions/core'
import { Redis as UpstashRedis } from '@upstash/redis'
import { Cluster, Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { createClient as createClient5 } from 'redis-5'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRedis } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import type { RedisClient } from './clients.js'
import { redisStore } from './redis-store.js'

const url = (await findRedis()) ?? ''

describe('redisStore refuses', () => {
  const client = new Redis({ lazyConnect: true })

  it.each([
    ['nothing', undefined],
    ['a URL', 'redis://127.0.0.1'],
    ['its options', { url: 'redis://127.0.0.1' }],
    ['a client of something else', { get() {}, set() {}, del() {}, eval() {} }],
    ['a client with a method only of that name', { send() {} }],
  ])('%s in place of a client', (_, client) => {
    expect(() => redisStore(client as unknown as RedisClient)).toThrow(
      'fetch-sessions: redisStore takes a client of redis (5 or later), ioredis, @upstash/redis or Bun',
    )
  })

  const url = 'redis://127.0.0.1'
  const [io, io5] = [client, new Redis5({ lazyConnect: true })]
  const ofIoredis = [io, io5, new Cluster([url], { lazyConnect: true })]
  const ofNodeRedis = [
    ...[createClient(), createClientPool(), createCluster({ rootNodes: [{ url }] }), createClient5()],
    createSentinel({ name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }),
  ]
  const upstash = new UpstashRedis({ url: 'https://redis.example', token: 'token' })
  it.each([
    ...ofNodeRedis.map((client) => client.multi()),
    ...[createClient().legacy().multi(), createClient5().legacy().multi()],
    ...ofIoredis.flatMap((client) => [client.pipeline(), client.multi()]),
    ...[upstash.pipeline(), upstash.multi()],
  ])('what waits for exec in place of a client, and takes the client: %#', (queue) => {
    expect(() => redisStore(queue as unknown as RedisClient)).toThrow(TypeError)
    expect(() => redisStore(queue as unknown as RedisClient)).toThrow(
      /^fetch-sessions: redisStore takes a client of .* a pipeline or a transaction: pass the client/,
    )
  })

  it.each([createClient(), createClient5()])('the callbacks of node-redis’ legacy(): %#', (client) => {
    expect(() => redisStore(client.legacy() as unknown as RedisClient)).toThrow(TypeError)
    expect(() => redisStore(client.legacy() as unknown as RedisClient)).toThrow(/legacy\(\) gave: pass the client/)
  })

  it('a client of Valkey GLIDE, and says which it takes instead', () => {
    const client = { exec() {}, invokeScript() {}, customCommand() {} }
    expect(() => redisStore(client as unknown as RedisClient)).toThrow(TypeError)
    expect(() => redisStore(client as unknown as RedisClient)).toThrow(
      /^fetch-sessions: redisStore takes a client of .* Bun; it got one of Valkey GLIDE: for Valkey, take iovalkey/,
    )
  })

  it('none of the clients themselves', () => {
    for (const client of [...ofNodeRedis, ...ofIoredis, upstash]) {
      expect(() => redisStore(client as RedisClient)).not.toThrow()
    }
  })

  it('a promise of a client, and says that it is to be awaited', () => {
    expect(() => redisStore(Promise.resolve(client) as unknown as RedisClient)).toThrow(/promise: await it/)
  })

  it('a prefix that is no text', () => {
    expect(() => redisStore(client, { prefix: 7 as unknown as string })).toThrow('prefix must be')
  })

  it.each([0, -1, Number.NaN, 'soon'])('a timeout of %s', (timeout) => {
    expect(() => redisStore(client, { timeout: timeout as number })).toThrow('timeout must be')
  })
})

describe.skipIf(url === '')('redisStore', () => {
  let redis: Redis
  beforeAll(() => {
    redis = new Redis(url)
  })
  afterAll(() => redis?.quit())
  const newPrefix = () => `test:${newId()}:`

  it('keeps a session as a hash that a human can read', async () => {
    const prefix = newPrefix()
    const store = redisStore(redis, { prefix })
    const id = newId()
    const record = newRecord({ owner: 'ada', meta: 'noted' })
    await store.create(id, record)
    expect(await redis.hgetall(prefix + id)).toEqual({
      version: '1',
      data: '{"count":1}',
      createdAt: String(record.createdAt),
      expiresAt: String(record.expiresAt),
      owner: 'ada',
      meta: 'noted',
      indexedUntil: expect.stringMatching(/^\d+$/),
    })
    expect(await redis.zrange(`${prefix}owner:ada`, '0', '-1')).toEqual([id])
    await store.clear()
  })

  it('keeps sessions under session: by default', async () => {
    const id = newId()
    await redisStore(redis).create(id, newRecord())
    expect(await redis.unlink(`session:${id}`)).toBe(1)
  })

  it('gives each session the expiry of Redis, which create, update and touch move', async () => {
    const prefix = newPrefix()
    let now = 1_000_000
    const store = redisStore(redis, { prefix, now: () => now })
    const id = newId()
    const record = newRecord({ createdAt: now, expiresAt: now + 60_000 })
    const lifetime = async (milliseconds: number) => {
      const left = await redis.pttl(prefix + id)
      expect(left).toBeLessThanOrEqual(milliseconds)
      expect(left).toBeGreaterThan(milliseconds - 30_000)
    }
    await store.create(id, record)
    await lifetime(60_000)
    now += 30_000
    await store.touch(id, now + 200_000, 1)
    await lifetime(200_000)
    await store.update(id, { ...record, version: 2, expiresAt: now + 90_000 })
    await lifetime(90_000)
    await store.clear()
  })

  it('touches without writing the data', async () => {
    const prefix = newPrefix()
    const store = redisStore(redis, { prefix })
    const id = newId()
    await store.create(id, newRecord())
    await redis.hset(prefix + id, 'data', 'changed behind its back')
    await store.touch(id, Date.now() + 7_200_000, 1)
    expect(await redis.hget(prefix + id, 'data')).toBe('changed behind its back')
    await store.clear()
  })

  it('leaves nothing behind when sessions have expired, in the index neither', async () => {
    const prefix = newPrefix()
    const store = redisStore(redis, { prefix })
    for (let i = 0; i < 5; i++) await store.create(newId(), newRecord({ owner: 'ada', expiresAt: Date.now() + 300 }))
    expect(await redis.exists(`${prefix}owner:ada`)).toBe(1)
    await expect.poll(() => redis.keys(`${prefix}*`), { timeout: 10_000 }).toEqual([])
  })

  it('clears what it may have written, and nothing else under its prefix', async () => {
    const prefix = newPrefix()
    const store = redisStore(redis, { prefix })
    const others = [`${prefix}config`, `${prefix}${newId()}:lock`, prefix.slice(0, -1), `x${prefix}${newId()}`]
    for (const key of others) await redis.set(key, 'kept', 'EX', 60)
    for (let i = 0; i < 1200; i++) await store.create(newId(), newRecord({ owner: `owner ${i % 3}` }))
    await store.clear()
    expect((await redis.keys(`*${prefix.slice(0, -1)}*`)).sort()).toEqual(others.sort())
    await redis.unlink(others)
  }, 120_000)

  it('takes nothing in a prefix for a pattern', async () => {
    const mark = newId()
    const [store, neighbour] = [`test:[*?\\${mark}]:`, `test:x${mark}:`].map((prefix) => redisStore(redis, { prefix }))
    const id = newId()
    await store?.create(id, newRecord())
    await neighbour?.create(id, newRecord())
    await store?.clear()
    expect(await store?.load(id)).toBeUndefined()
    expect(await neighbour?.load(id)).toBeDefined()
    await neighbour?.clear()
  })

  it('throws at a key of another type, and leaves it as it is', async () => {
    const prefix = newPrefix()
    const store = redisStore(redis, { prefix })
    const id = newId()
    await redis.set(prefix + id, 'text', 'EX', 60)
    const record = newRecord()
    await expect(store.load(id)).rejects.toThrow('WRONGTYPE')
    await expect(store.update(id, { ...record, version: 2 })).rejects.toThrow('WRONGTYPE')
    await expect(store.touch(id, record.expiresAt, 1)).rejects.toThrow('WRONGTYPE')
    await expect(store.delete(id)).rejects.toThrow('WRONGTYPE')
    expect(await store.create(id, record)).toBe(false)
    expect(await redis.get(prefix + id)).toBe('text')
    await redis.unlink(prefix + id)
  })

  it('leaves keys that look like its own and are not, and lists none of them', async () => {
    const prefix = newPrefix()
    const store = redisStore(redis, { prefix })
    const write: Record<string, (key: string) => Promise<unknown>> = {
      [newId()]: (key) => redis.set(key, 'text'),
      [newId()]: (key) => redis.rpush(key, 'version', 'data', 'createdAt', 'expiresAt'),
      [newId()]: (key) => redis.hset(key, { version: '7', data: '{}', name: 'of something else' }),
      [newId()]: (key) => redis.zadd(key, '1', 'version'),
      'owner:ada': (key) => redis.set(key, 'text'),
      'owner:bob': (key) => redis.hset(key, { bob: '1' }),
    }
    for (const [name, put] of Object.entries(write)) await put(prefix + name)
    const id = newId()
    await store.create(id, newRecord({ owner: 'eve' }))
    expect((await store.list(undefined, 100, Date.now())).entries.map(({ id }) => id)).toEqual([id])
    await store.clear()
    const keys = await redis.keys(`${prefix}*`)
    expect(keys.sort()).toEqual(
      Object.keys(write)
        .map((name) => prefix + name)
        .sort(),
    )
    await redis.unlink(keys)
  })

  it('takes a hash without a session’s fields for no session', async () => {
    const prefix = newPrefix()
    const store = redisStore(redis, { prefix })
    const id = newId()
    await redis.hset(prefix + id, { version: '1', data: '{}' })
    expect(await store.load(id)).toBeUndefined()
    await redis.unlink(prefix + id)
  })

  it.each([
    ['a clock that shows parts of milliseconds', 0.25, 3_600_000],
    ['an expiry with parts of a millisecond', 0, 3_600_000.75],
    ['an expiry that no calendar knows', 0, 8.64e15],
    ['an expiry at infinity', 0, Number.POSITIVE_INFINITY],
  ])('takes %s', async (_, fraction, lifetime) => {
    const prefix = newPrefix()
    const now = Date.now() + fraction
    const store = redisStore(redis, { prefix, now: () => now })
    const id = newId()
    const record = newRecord({ owner: 'ada', createdAt: now, expiresAt: now + lifetime })
    expect(await store.create(id, record)).toBe(true)
    expect(await store.load(id)).toEqual(record)
    const updated = { ...record, version: 2 }
    expect(await store.update(id, updated)).toBe(true)
    expect(await store.touch(id, record.expiresAt + 0.5, 2)).toBe(true)
    expect((await store.load(id))?.expiresAt).toBe(record.expiresAt + 0.5)
    expect(await store.listByOwner('ada')).toHaveLength(1)
    expect((await store.list(undefined, 10, now)).entries).toHaveLength(1)
    expect(await redis.pttl(prefix + id)).toBeGreaterThan(3_500_000)
    expect(await store.deleteByOwner('ada')).toBe(1)
  })

  it('refuses a text that Redis would keep as another one, and shows it not', async () => {
    const store = redisStore(redis, { prefix: newPrefix() })
    const id = newId()
    for (const field of ['data', 'owner', 'meta']) {
      const error = await store.create(id, newRecord({ [field]: 'private \ud800' })).catch((error: unknown) => error)
      expect(String(error)).toMatch(`a session’s ${field} holds half a character`)
      expect(String(error)).not.toContain('private')
    }
    expect(await store.load(id)).toBeUndefined()
    expect(await store.listByOwner('\ud800')).toEqual([])
    expect(await store.deleteByOwner('\ud800')).toBe(0)
  })

  it('keeps owners as long as its limit apart', async () => {
    const store = redisStore(redis, { prefix: newPrefix() })
    const owners = ['a', 'b'].map((last) => `${'é'.repeat(store.limits.ownerBytes / 2 - 1)}x${last}`)
    expect(new TextEncoder().encode(owners[0])).toHaveLength(store.limits.ownerBytes)
    for (const owner of owners) await store.create(newId(), newRecord({ owner }))
    for (const owner of owners) expect(await store.deleteByOwner(owner)).toBe(1)
  })

  it('signs an owner out everywhere but here, through a manager', async () => {
    const store = redisStore(redis, { prefix: newPrefix() })
    const sessions = new SessionManager<{ count: number }>({ store, secret: 'thirty-two bytes of secret, at least' })
    const [here] = await Promise.all([1, 2, 3].map((count) => sessions.issue({ count }, { owner: 'ada' })))
    expect(await sessions.listByOwner('ada')).toHaveLength(3)
    expect(await sessions.destroyByOwner('ada', { except: here?.id ?? '' })).toBe(2)
    const request = new Request('https://app.example/', { headers: { cookie: here?.cookie ?? '' } })
    expect((await sessions.read(request)).get('count')).toBe(1)
    await sessions.clear()
  })
})
