import { type OpenedStore, testStore } from '@fetch-sessions/store-testing'
import { Redis as UpstashRedis } from '@upstash/redis'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { createClient, createClientPool } from 'redis'
import { createClient as createClient5 } from 'redis-5'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { openedStore } from '../test/opened-store.js'
import { findRedis } from '../test/redis-server.js'
import { newId } from '../test/sample.js'
import { UpstashBridge } from '../test/upstash-bridge.js'
import type { RedisClient } from './clients.js'
import { redisStore } from './redis-store.js'

const url = (await findRedis()) ?? ''
const runner = {
  describe: describe.skipIf(url === ''),
  it: (name: string, body: (...context: unknown[]) => Promise<void>) => it(name, body, 120_000),
}

/** The suite, with one connection for all its checks. */
function testClient(
  name: string,
  connect: () => Promise<{ client: RedisClient; close(): unknown }>,
  open: (client: RedisClient) => OpenedStore = openedStore,
): void {
  runner.describe(`with ${name}`, () => {
    let connected: Awaited<ReturnType<typeof connect>>
    beforeAll(async () => {
      connected = await connect()
    })
    afterAll(() => connected?.close())

    testStore('redisStore', () => open(connected.client), runner)
  })
}

testClient(
  'a client of redis, in real time',
  async () => {
    const client = await createClient({ url }).connect()
    return { client, close: () => client.close() }
  },
  (client) => {
    const store = redisStore(client, { prefix: `test:${newId()}:` })
    return { store, close: () => store.clear() }
  },
)

testClient('a client of redis that gives buffers', async () => {
  const client = await createClient({ url }).connect()
  return { client: client.withTypeMapping({ 36: Buffer }), close: () => client.close() }
})

testClient('a pool of redis', async () => {
  const pool = createClientPool({ url }, { maximum: 4 })
  await pool.connect()
  return { client: pool, close: () => pool.close() }
})

testClient('a client of redis 5', async () => {
  const client = await createClient5({ url }).connect()
  return { client, close: () => client.close() }
})

testClient('ioredis', async () => {
  const client = new Redis(url)
  return { client, close: () => client.quit() }
})

testClient('ioredis with a key prefix of its own, pipelines and numbers as texts', async () => {
  const client = new Redis(url, {
    keyPrefix: `test[${newId()}]*`,
    enableAutoPipelining: true,
    stringNumbers: true,
  })
  return { client, close: () => client.quit() }
})

testClient('ioredis 5', async () => {
  const client = new Redis5(url)
  return { client, close: () => client.quit() }
})

async function connectUpstash(options: {
  automaticDeserialization?: boolean
  responseEncoding?: false
}): Promise<{ client: RedisClient; close(): Promise<unknown> }> {
  const redis = new Redis(url)
  const bridge = await UpstashBridge.start(redis)
  const client = new UpstashRedis({ url: bridge.url, token: bridge.token, ...options })
  return { client, close: () => Promise.all([bridge.stop(), redis.quit()]) }
}

testClient('the client of Upstash', () => connectUpstash({}))

testClient('the client of Upstash that leaves texts as they are', () =>
  connectUpstash({ automaticDeserialization: false, responseEncoding: false }),
)
