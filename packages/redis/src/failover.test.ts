import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { createClient, createClientPool, createSentinel } from 'redis'
import { createClient as createClient5 } from 'redis-5'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../store-testing/test/free-port.js'
import { canStartRedis, RedisServer, until } from '../test/redis-server.js'
import { failOver, MovingAddress, Sentinel, startPair } from '../test/replicas.js'
import { newId, newRecord } from '../test/sample.js'
import type { IoredisClient, RedisClient } from './clients.js'
import { type RedisStore, redisStore } from './redis-store.js'

type Connect = (url: string) => Promise<{ client: RedisClient; close(): unknown }>

/** Clients with the options of the README, and as they come. */
const connections: Record<string, Connect> = {
  async 'a client of redis'(url) {
    const client = createClient({ url, disableOfflineQueue: true })
    await client.on('error', () => {}).connect()
    return { client, close: () => client.destroy() }
  },

  async 'a client of redis as it comes'(url) {
    const client = createClient({ url })
    await client.on('error', () => {}).connect()
    return { client, close: () => client.destroy() }
  },

  async 'a client of redis 5'(url) {
    const client = createClient5({ url, disableOfflineQueue: true })
    await client.on('error', () => {}).connect()
    return { client, close: () => client.destroy() }
  },

  async 'a pool of redis'(url) {
    const pool = createClientPool({ url, disableOfflineQueue: true }, { minimum: 2, maximum: 4 })
    await pool.on('error', () => {}).connect()
    return { client: pool, close: () => pool.destroy() }
  },

  async ioredis(url) {
    const client = new Redis(url, {
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
      reconnectOnError: (error) => error.message.includes('READONLY'),
    }).on('error', () => {})
    return { client, close: () => client.disconnect() }
  },

  async 'ioredis as it comes'(url) {
    const client = new Redis(url).on('error', () => {})
    return { client, close: () => client.disconnect() }
  },

  async 'ioredis 5 as it comes'(url) {
    const client = new Redis5(url).on('error', () => {})
    return { client, close: () => client.disconnect() }
  },
}

/** What each call comes to, where it is an error. */
async function errorsOf(store: RedisStore, id: string): Promise<string[]> {
  const record = newRecord({ owner: 'ada' })
  const calls = [
    () => store.load(id),
    () => store.create(newId(), record),
    () => store.create(id, record),
    () => store.update(id, { ...record, version: 2 }),
    () => store.touch(id, record.expiresAt, 1),
    () => store.delete(id),
    () => store.list(undefined, 10, Date.now()),
    () => store.listByOwner('ada'),
    () => store.deleteByOwner('ada'),
    () => store.clear(),
  ]
  const results = []
  for (const call of calls) {
    results.push(await call().then(String, (error: unknown) => (error instanceof Error ? error.message : 'no error')))
  }
  return results
}

const hasRedis = await canStartRedis()

describe.skipIf(!hasRedis)('a master that became a replica', () => {
  let demoted: RedisServer
  let promoted: RedisServer
  beforeAll(async () => {
    ;[demoted, promoted] = await startPair()
  }, 120_000)
  afterAll(() => Promise.all([demoted?.stop(), promoted?.stop()]))

  it('answers no call, and so no session that was signed out elsewhere; nor does a replica that lags', async () => {
    const client = new Redis(demoted.url).on('error', () => {})
    onTestFinished(() => client.disconnect())
    const store = redisStore(client)
    const id = newId()
    await store.create(id, newRecord({ owner: 'ada' }))
    await until(async () => (await promoted.cli('exists', `session:${id}`)) === '1')
    await failOver(demoted, promoted)
    // The replica can't follow: it keeps what it has.
    await promoted.cli('config', 'set', 'requirepass', 'changed')
    await promoted.cli('-a', 'changed', 'client', 'kill', 'type', 'replica')
    await promoted.cli('-a', 'changed', '--no-auth-warning', 'unlink', `session:${id}`)
    expect(await demoted.cli('exists', `session:${id}`)).toBe('1')
    const elsewhere = new Redis(promoted.url, { password: 'changed' })
    onTestFinished(() => elsewhere.disconnect())
    const [later, record] = [newId(), newRecord({ owner: 'ada' })]
    await redisStore(elsewhere).create(later, record)
    for (const known of [id, later, newId()]) {
      for (const error of await errorsOf(store, known)) expect(error).toMatch(/READONLY|MASTERDOWN|closed|ECONN/)
    }
    await expect(store.load(id)).rejects.toThrow('READONLY')
    expect(await demoted.cli('exists', `session:${id}`)).toBe('1')
    expect(await redisStore(elsewhere).load(later)).toEqual(record)
  }, 120_000)
})

describe.skipIf(!hasRedis).each(Object.entries(connections))('with %s', (_, connect) => {
  it('works again after a failover, on the connection’s address, which leads to the new master', async () => {
    const [first, second] = await startPair()
    onTestFinished(() => Promise.all([first.stop(), second.stop()]).then(() => {}))
    const address = await MovingAddress.start(first)
    onTestFinished(() => address.stop())
    const { client, close } = await connect(address.url)
    onTestFinished(() => void close())
    const store = redisStore(client)
    const [kept, signedOut] = [newId(), newId()]
    const record = newRecord({ owner: 'ada' })
    for (const id of [kept, signedOut]) await store.create(id, record)
    await until(async () => (await second.cli('dbsize')) === '3')
    await failOver(first, second)
    address.target = second.port

    const elsewhere = new Redis(second.url)
    onTestFinished(() => elsewhere.disconnect())
    await redisStore(elsewhere).delete(signedOut)
    const attempts: unknown[] = []
    await expect
      .poll(
        async () => {
          attempts.push(await store.load(signedOut).catch(String))
          return store.create(newId(), record).catch(String)
        },
        { timeout: 10_000, interval: 100 },
      )
      .toBe(true)
    expect(attempts.filter((attempt) => typeof attempt === 'object')).toEqual([])
    expect(await store.load(kept)).toEqual(record)
    expect(await store.load(signedOut)).toBeUndefined()
    expect(await store.update(kept, { ...record, version: 2 })).toBe(true)
    expect(await store.deleteByOwner('ada')).toBeGreaterThan(1)
  }, 120_000)
})

describe.skipIf(!hasRedis)('a master whose clients do not know yet that it is none any more', () => {
  let demoted: RedisServer
  let master: RedisServer
  beforeAll(async () => {
    ;[demoted, master] = await Promise.all([RedisServer.start(), RedisServer.start()])
    // It has nothing of what the master has, and does not get it.
    await demoted.cli('replicaof', '127.0.0.1', String(await freePort()))
  }, 120_000)
  afterAll(() => Promise.all([demoted?.stop(), master?.stop()]))

  it('takes no session from the index of owners that a connection to the new master leads to', async () => {
    const [old, current] = [new Redis(demoted.url), new Redis(master.url)]
    onTestFinished(() => {
      for (const client of [old, current]) client.disconnect()
    })
    const right = redisStore(current)
    onTestFinished(() => right.clear())
    const ids = [newId(), newId(), newId()]
    for (const id of ids) await right.create(id, newRecord({ owner: 'ada' }))
    // As a pool does it by chance, of which some connections were made before the failover.
    const clientFor = (key: string | undefined) => (key === `session:${ids[1]}` ? old : current)
    const pool: IoredisClient = {
      options: {},
      defineCommand() {},
      evalsha: (...args) => clientFor(args[2]).evalsha(...args),
      eval: (...args) => clientFor(args[2]).eval(...args),
    }
    await expect(redisStore(pool).deleteByOwner('ada')).rejects.toThrow('READONLY')
    expect((await right.listByOwner('ada')).map(({ id }) => id)).toEqual([ids[1]])
    expect(await right.deleteByOwner('ada')).toBe(1)
  })

  it.each(['', 'app:'])(
    'neither lists nor clears for a user of the keys behind “%ssession:” alone',
    async (keyPrefix) => {
      const commands = ['eval', 'evalsha', 'hdel', 'hmget', 'scan', 'unlink'].map((name) => `+${name}`)
      const storeAt = async (server: RedisServer) => {
        await server.cli('acl', 'setuser', 'app', 'reset', 'on', '>secret', `~${keyPrefix}session:*`, ...commands)
        const options = { username: 'app', password: 'secret', keyPrefix, enableReadyCheck: false }
        const client = new Redis(server.url, options).on('error', () => {})
        onTestFinished(() => client.disconnect())
        return redisStore(client)
      }
      const [stale, right] = [await storeAt(demoted), await storeAt(master)]
      await expect(stale.list(undefined, 10, Date.now())).rejects.toThrow('READONLY')
      await expect(stale.clear()).rejects.toThrow(/READONLY|closed/)
      expect(await right.list(undefined, 10, Date.now())).toEqual({ entries: [], cursor: undefined })
      await right.clear()
    },
  )
})

const throughSentinel: Record<string, (port: number) => Promise<{ client: RedisClient; close(): unknown }>> = {
  async ioredis(port) {
    const client = new Redis({
      sentinels: [{ host: '127.0.0.1', port }],
      name: 'main',
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
      reconnectOnError: (error) => error.message.includes('READONLY'),
    }).on('error', () => {})
    return { client, close: () => client.disconnect() }
  },

  async 'a sentinel of redis'(port) {
    const client = createSentinel({
      name: 'main',
      sentinelRootNodes: [{ host: '127.0.0.1', port }],
      replicaPoolSize: 1,
      nodeClientOptions: { disableOfflineQueue: true },
    })
    await client.on('error', () => {}).connect()
    return { client, close: () => client.destroy() }
  },
}

/** Where its own timers were late, on a busy machine, a sentinel does nothing for half a minute (its "TILT" mode). */
const SENTINEL_PATIENCE = 60_000

describe.skipIf(!hasRedis).each(Object.entries(throughSentinel))('with %s through a sentinel', (_, connect) => {
  it.each(['is asked to fail over', 'finds the master dead'])(
    'works again when it %s',
    async (how) => {
      const [first, second] = await startPair()
      onTestFinished(() => Promise.all([first.stop(), second.stop()]).then(() => {}))
      const sentinel = await Sentinel.start(first)
      onTestFinished(() => sentinel.stop())
      const { client, close } = await connect(sentinel.port)
      onTestFinished(() => void close())
      const store = redisStore(client, { timeout: 2 })
      const id = newId()
      const record = newRecord({ owner: 'ada' })
      await store.create(id, record)
      await until(async () => (await second.cli('dbsize')) === '2')

      const isDead = how === 'finds the master dead'
      if (isDead) await first.kill()
      await until(async () => {
        if ((await sentinel.masterPort()) === second.port) return true
        // It refuses as long as it does not know the replica well, and while it is at it.
        if (!isDead) await sentinel.cli('sentinel', 'failover', 'main').catch(() => {})
        return false
      }, SENTINEL_PATIENCE)
      // What the old master takes until it is told that it is none is lost.
      if (!isDead) await until(async () => (await first.cli('role')).startsWith('slave'))
      await expect
        .poll(() => store.touch(id, record.expiresAt + 1, 1).catch(String), { timeout: 20_000, interval: 100 })
        .toBe(true)
      expect(await second.cli('hget', `session:${id}`, 'expiresAt')).toBe(String(record.expiresAt + 1))
      expect((await store.list(undefined, 10, Date.now())).entries.map(({ id }) => id)).toEqual([id])
      expect(await store.deleteByOwner('ada')).toBe(1)
      expect(await store.load(id)).toBeUndefined()
    },
    180_000,
  )
})
