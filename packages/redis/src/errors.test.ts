import { createServer } from 'node:http'
import { inspect } from 'node:util'
import { Redis as UpstashRedis } from '@upstash/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canStartRedis, RedisServer } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import { UpstashBridge } from '../test/upstash-bridge.js'
import type { RedisClient } from './clients.js'
import { redisStore } from './redis-store.js'

const connections: Record<string, (url: string) => Promise<{ client: RedisClient; close(): unknown }>> = {
  async 'a client of redis'(url) {
    const client = await createClient({ url }).connect()
    return { client, close: () => client.destroy() }
  },
  async ioredis(url) {
    const client = new Redis(url)
    return { client, close: () => client.disconnect() }
  },
  'the client of Upstash': (url) => connectUpstash(url, true),
  'the client of Upstash without pipelines': (url) => connectUpstash(url, false),
}

async function connectUpstash(
  url: string,
  enableAutoPipelining: boolean,
): Promise<{ client: RedisClient; close(): unknown }> {
  const redis = new Redis(url)
  const bridge = await UpstashBridge.start(redis)
  const client = new UpstashRedis({ url: bridge.url, token: bridge.token, enableAutoPipelining })
  return {
    client,
    async close() {
      await bridge.stop()
      redis.disconnect()
    },
  }
}

describe.skipIf(!(await canStartRedis()))('when Redis is full', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start('--maxmemory-policy', 'noeviction')
  }, 120_000)
  afterAll(() => server?.stop())

  describe.each(Object.entries(connections))('with %s', (_, connect) => {
    let connected: Awaited<ReturnType<typeof connect>>
    beforeAll(async () => {
      connected = await connect(server.url)
    })
    afterAll(() => connected?.close())

    it('a write fails with what Redis said, leaves everything as it was, and shows nothing of the session', async () => {
      const store = redisStore(connected.client)
      const [id, owned, unknown] = [newId(), newId(), newId()]
      const record = newRecord({ data: 'private data' })
      const ownedRecord = newRecord({ owner: 'private owner' })
      await store.create(id, record)
      await store.create(owned, ownedRecord)
      await store.touch(id, record.expiresAt, 1)

      await server.cli('config', 'set', 'maxmemory', '1')
      try {
        const later = record.expiresAt + 99_000_000
        for (const write of [
          () => store.create(unknown, record),
          () => store.update(id, { ...record, version: 2, data: 'more private data' }),
          () => store.update(id, { ...record, version: 2, owner: 'private owner' }),
          () => store.touch(id, later, 1),
          () => store.touch(owned, later, 1),
        ]) {
          const error = await write().catch((error: unknown) => error)
          expect(error).toBeInstanceOf(Error)
          expect(String(error)).toContain('OOM')
          expect(inspect(error, { depth: 9 })).not.toContain('private')
        }
        expect(await store.load(id)).toEqual(record)
        expect(await store.load(owned)).toEqual(ownedRecord)
        expect(await store.load(unknown)).toBeUndefined()
        expect(await store.delete(id)).toBe(true)
      } finally {
        await server.cli('config', 'set', 'maxmemory', '0')
      }
      await store.clear()
    })
  })
})

describe.skipIf(!(await canStartRedis()))('when Redis lacks a command', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start('--rename-command', 'EVALSHA', '')
  }, 120_000)
  afterAll(() => server?.stop())

  it.each(Object.entries(connections))('its error names the command, and no owner: %s', async (_, connect) => {
    const { client, close } = await connect(server.url)
    const store = redisStore(client)
    for (const call of [() => store.listByOwner('private owner'), () => store.deleteByOwner('private owner')]) {
      const error = await call().catch((error: unknown) => error)
      expect(String(error)).toMatch(/unknown command .evalsha./i)
      expect(inspect(error, { depth: 9 })).not.toContain('private')
    }
    await close()
  })
})

describe('when Upstash can’t be asked', () => {
  it('a request that was aborted is an error, never a session that is not there', async () => {
    const hanging = createServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => hanging.once('listening', resolve))
    const address = hanging.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    for (const enableAutoPipelining of [true, false]) {
      const client = new UpstashRedis({
        url,
        token: 'token',
        enableAutoPipelining,
        retry: false,
        // Given as a value and not as a function, the client hands out the reason as if it were the reply.
        signal: AbortSignal.timeout(50),
      })
      const store = redisStore(client)
      await expect(store.load(newId())).rejects.toThrow(Error)
      await expect(store.touch(newId(), Date.now(), 1)).rejects.toThrow(Error)
      await expect(store.delete(newId())).rejects.toThrow(Error)
      await expect(store.listByOwner('ada')).rejects.toThrow(Error)
    }
    hanging.closeAllConnections()
    hanging.close()
  })

  it('a wrong token is an error that shows nothing of the session', async () => {
    const redis = new Redis({ lazyConnect: true })
    const bridge = await UpstashBridge.start(redis)
    const client = new UpstashRedis({ url: bridge.url, token: 'wrong', enableAutoPipelining: false, retry: false })
    const error = await redisStore(client)
      .create(newId(), newRecord({ data: 'private' }))
      .catch((error: unknown) => error)
    expect(String(error)).toContain('Unauthorized')
    expect(inspect(error)).not.toContain('private')
    await bridge.stop()
    redis.disconnect()
  })
})
