import { createServer } from 'node:http'
import { inspect } from 'node:util'
import { SessionManager } from '@fetch-sessions/core'
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
        for (const write of [
          () => store.create(unknown, record),
          () => store.update(id, { ...record, version: 2, data: 'more private data' }),
          () => store.update(id, { ...record, version: 2, owner: 'private owner' }),
        ]) {
          const error = await write().catch((error: unknown) => error)
          expect(error).toBeInstanceOf(Error)
          expect(String(error)).toContain('OOM')
          expect(inspect(error, { depth: 9 })).not.toContain('private')
        }
        expect(await store.load(id)).toEqual(record)
        expect(await store.load(owned)).toEqual(ownedRecord)
        expect(await store.load(unknown)).toBeUndefined()
      } finally {
        await server.cli('config', 'set', 'maxmemory', '0')
      }
      await store.clear()
    })

    it('a session can be used, changed in place and ended, which needs no more room than there is', async () => {
      const now = Date.now()
      let clock = now
      const store = redisStore(connected.client)
      const sessions = new SessionManager<{ user: string }>({
        store,
        secret: 'thirty-two bytes of secret, at least',
        now: () => clock,
      })
      const [ada, bob, eve, nobody] = [
        await sessions.issue({ user: 'Ada' }, { owner: 'ada' }),
        await sessions.issue({ user: 'Bob' }, { owner: 'bob' }),
        await sessions.issue({ user: 'Eve' }, { owner: 'eve' }),
        await sessions.issue({ user: 'nobody' }),
      ]
      const visit = ({ cookie }: { cookie: string }, isLast = false): Promise<Response> =>
        sessions.handle(new Request('https://app.example/', { headers: { cookie } }), async (handle) => {
          if (isLast) (await handle.write()).destroy()
          return new Response((await handle.read()).get('user'))
        })

      await server.cli('config', 'set', 'maxmemory', '1')
      try {
        // The index of the owner has an entry for 48 hours. Near its end, a use is an update, else a touch.
        for (const hours of [20, 40, 63.9]) {
          clock = now + hours * 3_600_000
          for (const one of [ada, nobody]) expect((await visit(one)).headers.getSetCookie()).toHaveLength(1)
        }
        expect((await store.listByOwner('ada'))[0]?.expiresAt).toBe(clock + 86_400_000)
        expect(await sessions.edit(ada.id, (session) => session.set('user', 'Eva'))).toBe(true)
        await expect(sessions.edit(ada.id, (session) => session.set('user', 'Ada Lovelace'))).rejects.toThrow('store')
        expect(await (await visit(ada)).text()).toBe('Eva')
        expect((await visit(ada, true)).headers.getSetCookie()[0]).toContain('Max-Age=0')
        expect(await sessions.destroy(nobody.id)).toBe(true)
        expect(await store.load(ada.id)).toBeUndefined()
        clock = now
        expect(await sessions.destroy(bob.id)).toBe(true)
        expect(await sessions.destroyByOwner('eve')).toBe(1)
        expect(await store.load(eve.id)).toBeUndefined()
      } finally {
        await server.cli('config', 'set', 'maxmemory', '0')
      }
      await store.clear()
    })

    it('a session whose time is over is removed', async () => {
      const store = redisStore(connected.client)
      const id = newId()
      const record = newRecord({ owner: 'ada' })
      await store.create(id, record)
      await server.cli('config', 'set', 'maxmemory', '1')
      try {
        expect(await store.update(id, { ...record, version: 2, expiresAt: record.createdAt })).toBe(true)
        expect(await store.load(id)).toBeUndefined()
        expect(await server.cli('exists', `session:${id}`)).toBe('0')
      } finally {
        await server.cli('config', 'set', 'maxmemory', '0')
      }
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
