import { inspect } from 'node:util'
import { SessionManager } from '@fetch-sessions/core'
import { Redis as UpstashRedis } from '@upstash/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { findRedis } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import { UpstashBridge } from '../test/upstash-bridge.js'
import type { IoredisClient, RedisClient } from './clients.js'
import { type RedisStore, redisStore } from './redis-store.js'

const url = (await findRedis()) ?? ''

type Call = (...args: unknown[]) => Promise<unknown>

/** A client, and a switch after which it gives each call the reply to the one before, as off by one as can be. */
function mixing(client: RedisClient, methods: string[]): { client: RedisClient; mix(): void } {
  let isMixing = false
  let before: Promise<unknown> = Promise.resolve(null)
  const mixed = new Map<PropertyKey, Call>()
  for (const method of methods) {
    const call = (Reflect.get(client, method) as Call).bind(client)
    mixed.set(method, (...args) => {
      const reply = call(...args)
      const given = isMixing ? before : reply
      reply.catch(() => {})
      before = reply
      return given
    })
  }
  const proxy = new Proxy(client, {
    get(target, property) {
      const value: unknown = mixed.get(property) ?? Reflect.get(target, property)
      return typeof value === 'function' && !mixed.has(property) ? value.bind(target) : value
    },
  })
  return {
    client: proxy,
    mix() {
      isMixing = true
    },
  }
}

const connections: Record<string, () => Promise<{ client: RedisClient; methods: string[]; close(): unknown }>> = {
  async 'a client of redis'() {
    const client = createClient({ url }).on('error', () => {})
    await client.connect()
    return { client, methods: ['evalSha', 'eval'], close: () => client.destroy() }
  },
  async ioredis() {
    const client = new Redis(url).on('error', () => {})
    return { client, methods: ['evalsha', 'eval'], close: () => client.disconnect() }
  },
  async 'the client of Upstash'() {
    const redis = new Redis(url)
    const bridge = await UpstashBridge.start(redis)
    const client = new UpstashRedis({ url: bridge.url, token: bridge.token })
    return {
      client,
      methods: ['evalsha', 'eval'],
      close: () => Promise.all([bridge.stop(), redis.quit()]),
    }
  },
}

describe.skipIf(url === '').each(Object.entries(connections))('with %s that mixes replies up', (_, connect) => {
  let connected: Awaited<ReturnType<typeof connect>>
  let redis: Redis
  beforeAll(async () => {
    connected = await connect()
    redis = new Redis(url)
  })
  afterAll(async () => {
    await connected?.close()
    await redis?.quit()
  })

  /** A store whose client may be told to mix, and a right one that sees what became of it. */
  function stores(): { mixed: RedisStore; right: RedisStore; mix(): void } {
    const prefix = `test:${newId()}:`
    const { client, mix } = mixing(connected.client, connected.methods)
    const right = redisStore(redis, { prefix })
    onTestFinished(() => right.clear())
    return { mixed: redisStore(client, { prefix }), right, mix }
  }

  it('no call takes the reply to another one, of the same kind or another, of the same session or another', async () => {
    const record = newRecord({ owner: 'ada', data: 'private' })
    const calls: Record<string, (store: RedisStore, id: string, owner: string) => Promise<unknown>> = {
      load: (store, id) => store.load(id),
      touch: (store, id) => store.touch(id, record.expiresAt + 1, 1),
      update: (store, id, owner) => store.update(id, { ...record, owner, version: 2 }),
      create: (store, _, owner) => store.create(newId(), { ...record, owner }),
      listByOwner: (store, _, owner) => store.listByOwner(owner),
      list: (store) => store.list(undefined, 10, Date.now()),
      deleteByOwner: (store, _, owner) => store.deleteByOwner(owner),
      delete: (store, id) => store.delete(id),
    }
    for (const [name, call] of Object.entries(calls)) {
      const { mixed, right, mix } = stores()
      const [ada, bob] = [newId(), newId()]
      await right.create(ada, record)
      await right.create(bob, { ...record, owner: 'bob' })
      await mixed.load(newId())
      mix()
      for (const [id, owner] of [
        [bob, 'bob'],
        [ada, 'ada'],
        [ada, 'ada'],
      ] as const) {
        const error = await call(mixed, id, owner).catch((error: unknown) => error)
        expect(String(error), name).toMatch(/gave this call the reply to another one|that the script does not return/)
        expect(inspect(error, { depth: 9 }), name).not.toContain('private')
      }
    }
  })

  it('nobody sees another’s session, nothing is stored under another’s id, and what failed can be done again', async () => {
    const { mixed, right, mix } = stores()
    const options = { secret: 'thirty-two bytes of secret, at least' }
    const rightSessions = new SessionManager<{ user: string; count: number }>({ store: right, ...options })
    const visitors = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => ({
        user: `user ${i}`,
        ...(await rightSessions.issue({ user: `user ${i}`, count: 0 }, { owner: `owner ${i}` })),
      })),
    )
    const sessions = new SessionManager<{ user: string; count: number }>({ store: mixed, ...options })
    const visit = async ({ cookie }: { cookie: string }) => {
      const request = new Request('https://app.example/', { headers: { cookie } })
      const response = await sessions.handle(request, async (handle) => {
        const session = await handle.write()
        session.update('count', (count = 0) => count + 1)
        return new Response(session.get('user'))
      })
      return response.text()
    }
    mix()
    const seen = await Promise.allSettled([...visitors, ...visitors, ...visitors].map(visit))
    for (const [i, result] of seen.entries()) {
      if (result.status === 'fulfilled') expect(result.value).toBe(visitors[i % 20]?.user)
    }
    expect(seen.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(30)
    for (const { id, user } of visitors) {
      expect(JSON.parse((await right.load(id))?.data ?? '{}')).toMatchObject({ user })
    }
    for (const [i, { id }] of visitors.entries()) {
      expect((await right.listByOwner(`owner ${i}`)).map(({ id }) => id)).toEqual([id])
    }
  })
})

describe.skipIf(url === '')('a client that sends a call with the key of another', () => {
  it('writes nothing', async () => {
    const redis = new Redis(url)
    onTestFinished(() => void redis.quit())
    const prefix = `test:${newId()}:`
    const [mine, other] = [newId(), newId()]
    const store = redisStore(redis, { prefix })
    const client: IoredisClient = {
      options: redis.options,
      defineCommand() {},
      evalsha: (sha1, count, _key, ...args) => redis.evalsha(sha1, count, prefix + other, ...args),
      eval: (source, count, _key, ...args) => redis.eval(source, count, prefix + other, ...args),
    }
    const wrong = redisStore(client, { prefix })
    await store.create(other, newRecord({ data: 'other' }))
    for (const call of [
      () => wrong.load(mine),
      () => wrong.update(mine, newRecord({ version: 2 })),
      () => wrong.touch(mine, 1, 1),
      () => wrong.delete(mine),
    ]) {
      await expect(call()).rejects.toThrow('with the key of another one')
    }
    expect(await store.load(other)).toMatchObject({ data: 'other', version: 1 })
    await store.clear()
  })
})

describe.skipIf(url === '')('a connection on which replies are off by one', () => {
  it.each([
    [
      'redis',
      async () =>
        createClient({ url })
          .on('error', () => {})
          .connect(),
    ],
    ['ioredis', async () => new Redis(url).on('error', () => {})],
  ] as const)('is left for a new one: %s', async (_, connect) => {
    const client = await connect()
    onTestFinished(() => void (client instanceof Redis ? client.disconnect() : client.destroy()))
    const connectionId = async () => String(await (client instanceof Redis ? client.client('ID') : client.clientId()))
    const before = await connectionId()
    const { client: mixed, mix } = mixing(client as RedisClient, client instanceof Redis ? ['evalsha'] : ['evalSha'])
    const store = redisStore(mixed)
    await store.load(newId())
    mix()
    for (let i = 0; i < 10; i++) await expect(store.load(newId())).rejects.toThrow('the reply to another one')
    await expect.poll(() => connectionId().catch(() => before), { timeout: 10_000 }).not.toBe(before)
  })
})
