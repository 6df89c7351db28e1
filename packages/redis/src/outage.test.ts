import { Redis as UpstashRedis } from '@upstash/redis'
import { Redis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Outage, outageOf } from '../test/outage.js'
import { canStartRedis, RedisServer } from '../test/redis-server.js'
import { UpstashBridge } from '../test/upstash-bridge.js'
import type { RedisClient } from './clients.js'
import { redisStore } from './redis-store.js'

const survived: Outage = {
  before: [true, true, true, 2, true, true],
  down: ['error', 'error', 'error', 'error', 'error', 'error'],
  after: [true, true, true, 2, true, true],
}

type Connect = (url: string) => Promise<{ client: RedisClient; close(): unknown }>

/** Clients as they come. */
const plainConnections: Record<string, Connect> = {
  async 'a client of redis'(url) {
    const client = createClient({ url })
    await client.on('error', () => {}).connect()
    return { client, close: () => client.destroy() }
  },

  async ioredis(url) {
    const client = new Redis(url).on('error', () => {})
    return { client, close: () => client.disconnect() }
  },
}

/** Clients with the options that the README recommends, with shorter times. */
const connections: Record<string, Connect> = {
  async 'a client of redis'(url) {
    const client = createClient({
      url,
      disableOfflineQueue: true,
      pingInterval: 200,
      socket: { connectTimeout: 500, socketTimeout: 500, reconnectStrategy: 100 },
    })
    await client.on('error', () => {}).connect()
    return { client, close: () => client.destroy() }
  },

  async 'a pool of redis'(url) {
    const pool = createClientPool({
      url,
      disableOfflineQueue: true,
      pingInterval: 200,
      socket: { connectTimeout: 500, socketTimeout: 500, reconnectStrategy: 100 },
    })
    await pool.on('error', () => {}).connect()
    return { client: pool, close: () => pool.destroy() }
  },

  async ioredis(url) {
    const client = new Redis(url, {
      commandTimeout: 500,
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => 100,
    }).on('error', () => {})
    return { client, close: () => client.disconnect() }
  },

  async 'the client of Upstash'(url) {
    const redis = new Redis(url, { commandTimeout: 500, maxRetriesPerRequest: 0, retryStrategy: () => 100 }).on(
      'error',
      () => {},
    )
    const bridge = await UpstashBridge.start(redis)
    const client = new UpstashRedis({
      url: bridge.url,
      token: bridge.token,
      retry: false,
      signal: () => AbortSignal.timeout(300),
    })
    return {
      client,
      async close() {
        await bridge.stop()
        redis.disconnect()
      },
    }
  },
}

const hasRedis = await canStartRedis()

describe.skipIf(!hasRedis).each(Object.entries(plainConnections))('with %s as it comes', (_, connect) => {
  it('a call fails when the time is over that the store waits, and works when the server goes on', async () => {
    const server = await RedisServer.start()
    onTestFinished(() => server.stop())
    const { client, close } = await connect(server.url)
    onTestFinished(() => void close())
    const store = redisStore(client)
    await store.load('before')
    server.pause()
    const impatient = redisStore(client, { timeout: 0.2 })
    await expect(impatient.load('meanwhile')).rejects.toThrow('Redis did not reply within 0.2 s')
    server.resume()
    expect(await store.load('after')).toBeUndefined()
  }, 120_000)
})

describe.skipIf(!hasRedis).each(Object.entries(connections))('with %s', (_, connect) => {
  let server: RedisServer
  let connected: Awaited<ReturnType<typeof connect>>
  beforeEach(async () => {
    server = await RedisServer.start()
    connected = await connect(server.url)
  }, 120_000)
  afterEach(async () => {
    await connected?.close()
    await server?.stop()
  })

  it('each call fails while the server is down, and works when it is back, with the same client', async () => {
    expect(await outageOf(server, connected.client)).toEqual(survived)
  }, 120_000)

  it('a call fails while the server hangs, and the next ones work when it goes on', async () => {
    const store = redisStore(connected.client)
    await store.load('before')
    server.pause()
    await expect(store.load('meanwhile')).rejects.toThrow(Error)
    server.resume()
    await expect.poll(() => store.load('after').catch(String), { timeout: 10_000 }).toBeUndefined()
  }, 120_000)
})
