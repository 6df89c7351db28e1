import { testStore } from '@fetch-sessions/store-testing'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openedStore } from '../test/opened-store.js'
import { canStartRedis, RedisClusterServers } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import type { RedisClient } from './clients.js'
import { redisStore } from './redis-store.js'

const runner = {
  describe: describe.skipIf(!(await canStartRedis())),
  it: (name: string, body: (...context: unknown[]) => Promise<void>) => it(name, body, 120_000),
}

const connections: Record<string, (urls: string[]) => Promise<{ client: RedisClient; close(): unknown }>> = {
  async 'a cluster client of redis'(urls) {
    const client = createCluster({ rootNodes: urls.map((url) => ({ url })) })
    await client.connect()
    return { client, close: () => client.close() }
  },

  async 'a cluster client of redis that reads from replicas and has no queue'(urls) {
    const client = createCluster({
      rootNodes: urls.map((url) => ({ url })),
      useReplicas: true,
      defaults: { disableOfflineQueue: true },
    })
    await client.connect()
    return { client, close: () => client.close() }
  },

  async 'a Cluster of ioredis'(urls) {
    const client = new Cluster(urls, { redisOptions: { autoResendUnfulfilledCommands: false } })
    return { client, close: () => client.quit() }
  },

  async 'a Cluster of ioredis with a key prefix of its own'(urls) {
    const client = new Cluster(urls, { keyPrefix: `test:${newId()}:`, scaleReads: 'slave' })
    return { client, close: () => client.quit() }
  },
}

runner.describe('on a cluster of three masters', () => {
  let cluster: RedisClusterServers
  beforeAll(async () => {
    cluster = await RedisClusterServers.start()
  }, 60_000)
  afterAll(() => cluster?.stop())

  const keysOn = (prefix: string): Promise<number[]> =>
    Promise.all(
      cluster.servers.map(
        async (server) => (await server.cli('--scan', '--pattern', `*${prefix}*`)).split('\n').filter(Boolean).length,
      ),
    )

  describe.each(Object.entries(connections))('with %s', (_, connect) => {
    let connected: Awaited<ReturnType<typeof connect>>
    beforeAll(async () => {
      connected = await connect(cluster.urls)
    })
    afterAll(() => connected?.close())

    testStore('redisStore', () => openedStore(connected.client), runner)

    it('keeps an owner’s sessions on every master, finds them all, and removes them all', async () => {
      const prefix = `test:${newId()}:`
      const store = redisStore(connected.client, { prefix })
      for (let i = 0; i < 60; i++) await store.create(newId(), newRecord({ owner: 'ada' }))
      for (const count of await keysOn(prefix)) expect(count).toBeGreaterThan(0)
      expect(await store.listByOwner('ada')).toHaveLength(60)
      expect(await store.deleteByOwner('ada')).toBe(60)
      expect(await keysOn(prefix)).toEqual([0, 0, 0])
    })

    it('clears every master of what is under its prefix, as the first thing that its client does', async () => {
      const prefix = `test:${newId()}:`
      const [store, neighbour] = [prefix, `neighbour:${prefix}`].map((prefix) =>
        redisStore(connected.client, { prefix }),
      )
      for (let i = 0; i < 60; i++) {
        await store?.create(newId(), newRecord({ owner: `owner ${i % 7}` }))
        await neighbour?.create(newId(), newRecord())
      }
      const fresh = await connect(cluster.urls)
      try {
        // A key prefix of the client's is another one for each connection here.
        const { client } = 'options' in fresh.client ? connected : fresh
        await redisStore(client, { prefix }).clear()
      } finally {
        await fresh.close()
      }
      expect((await keysOn(prefix)).reduce((a, b) => a + b)).toBe(60)
      await neighbour?.clear()
      expect(await keysOn(prefix)).toEqual([0, 0, 0])
    })

    it('keeps everything on one master if the prefix has a hash tag', async () => {
      const prefix = `{test:${newId()}}:`
      const store = redisStore(connected.client, { prefix })
      for (let i = 0; i < 20; i++) await store.create(newId(), newRecord({ owner: 'ada' }))
      expect((await keysOn(prefix)).sort((a, b) => a - b)).toEqual([0, 0, 21])
      await store.clear()
      expect(await keysOn(prefix)).toEqual([0, 0, 0])
    })

    it('fails while a master is down, and works when it is back, with the same client', async () => {
      const prefix = `test:${newId()}:`
      const store = redisStore(connected.client, { prefix, timeout: 1 })
      const ids = Array.from({ length: 30 }, newId)
      const record = newRecord({ owner: 'ada' })
      for (const id of ids) await store.create(id, record)
      const touchAll = () => Promise.allSettled(ids.map((id) => store.touch(id, record.expiresAt + 1, 1)))
      const [server] = cluster.servers
      await server?.kill()
      expect((await touchAll()).some(({ status }) => status === 'rejected')).toBe(true)
      await server?.restart()
      await expect
        .poll(touchAll, { timeout: 20_000 })
        .toEqual(ids.map(() => expect.objectContaining({ status: 'fulfilled' })))
      // That master kept nothing on disk: its sessions are gone, those of the others are there.
      const touched = (await touchAll()).map((result) => result.status === 'fulfilled' && result.value)
      expect(new Set(touched)).toEqual(new Set([true, false]))
      await store.create(newId(), record)
      expect((await store.listByOwner('ada')).length).toBeGreaterThan(0)
      await store.clear()
    }, 60_000)
  })
})
