import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { canStartRedis, RedisClusterServers, until } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import type { RedisClient } from './clients.js'
import { redisStore } from './redis-store.js'

const connections: Record<string, (urls: string[]) => Promise<{ client: RedisClient; close(): unknown }>> = {
  async 'a cluster client of redis'(urls) {
    const client = createCluster({ rootNodes: urls.map((url) => ({ url })), defaults: { disableOfflineQueue: true } })
    await client.on('error', () => {}).connect()
    return { client, close: () => client.destroy() }
  },

  async 'a Cluster of ioredis'(urls) {
    const client = new Cluster(urls, { redisOptions: { autoResendUnfulfilledCommands: false } }).on('error', () => {})
    return { client, close: () => client.disconnect() }
  },
}

describe.skipIf(!(await canStartRedis())).each(Object.entries(connections))('with %s', (_, connect) => {
  let cluster: RedisClusterServers
  beforeEach(async () => {
    cluster = await RedisClusterServers.start({ withReplicas: true })
  }, 60_000)
  afterEach(() => cluster?.stop())

  /** Which of the masters keeps a key at first. */
  async function masterOf(key: string): Promise<number> {
    const slot = Number(await cluster.servers[0]?.cli('cluster', 'keyslot', key))
    return Math.floor((3 * slot) / 16_384)
  }

  async function idOn(isRight: (master: number) => boolean): Promise<string> {
    for (;;) {
      const id = newId()
      if (isRight(await masterOf(`session:${id}`))) return id
    }
  }

  it('an index entry that a failover loses is there again after the next touch or write of the session', async () => {
    const { client, close } = await connect(cluster.urls)
    onTestFinished(() => void close())
    const store = redisStore(client, { timeout: 2 })
    const record = newRecord({ owner: 'ada' })
    const home = await masterOf('session:owner:ada')
    const [master, replica] = [cluster.servers[home], cluster.replicas[home]]
    if (master === undefined || replica === undefined) throw new Error('no master keeps the index')

    const ids = { kept: await idOn((other) => other !== home), touched: '', written: '' }
    await store.create(ids.kept, record)
    await until(async () => (await replica.cli('zcard', 'session:owner:ada')) !== '0').catch(() => {})
    // From here on the replica gets nothing any more.
    await master.cli('config', 'set', 'requirepass', 'changed')
    await master.cli('-a', 'changed', 'client', 'kill', 'type', 'replica')
    ids.touched = await idOn((other) => other !== home)
    ids.written = await idOn((other) => other !== home)
    for (const id of [ids.touched, ids.written]) expect(await store.create(id, record)).toBe(true)
    expect(await store.listByOwner('ada')).toHaveLength(3)
    await master.kill()
    await until(async () => (await replica.cli('role')).startsWith('master'))

    const listed = async () => (await store.listByOwner('ada')).map(({ id }) => id).sort()
    // The replica may have missed the first entry as well.
    await expect.poll(async () => Array.isArray(await listed().catch(String)), { timeout: 20_000 }).toBe(true)
    await store.touch(ids.kept, record.expiresAt + 1, 1)
    expect(await store.touch(ids.touched, record.expiresAt + 1, 1)).toBe(true)
    expect(await listed()).toEqual([ids.kept, ids.touched].sort())
    expect(await store.update(ids.written, { ...record, version: 2 })).toBe(true)
    expect(await listed()).toEqual(Object.values(ids).sort())

    const pages = await store.list(undefined, 10, Date.now())
    expect(pages.entries.map(({ id }) => id).sort()).toEqual(Object.values(ids).sort())
    expect(await store.deleteByOwner('ada')).toBe(3)
    for (const id of Object.values(ids)) expect(await store.load(id)).toBeUndefined()
  }, 90_000)
})
