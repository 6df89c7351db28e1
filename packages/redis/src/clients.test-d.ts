import type { SessionStore } from '@fetch-sessions/core'
import { Redis as UpstashRedis } from '@upstash/redis'
import { Redis as UpstashOnWorkers } from '@upstash/redis/cloudflare'
import { RedisClient as BunClient, redis as bunRedis } from 'bun'
import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from 'redis'
import { createClient as createClient5, createCluster as createCluster5 } from 'redis-5'
import { expectTypeOf, test } from 'vitest'
import { type RedisStore, redisStore } from './index.js'

test('every client is taken as it is', async () => {
  redisStore(createClient())
  redisStore(await createClient({ url: '' }).on('error', console.error).connect())
  redisStore(createClient({ RESP: 2 }))
  redisStore(createClient({ RESP: 3, scripts: {}, modules: {} }))
  redisStore(createClient().withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }))
  redisStore(createClientPool())
  redisStore(createCluster({ rootNodes: [] }))
  redisStore(createSentinel({ name: '', sentinelRootNodes: [] }))
  redisStore(createClient5())
  redisStore(createCluster5({ rootNodes: [] }))
  redisStore(new Redis())
  redisStore(new Cluster([]))
  redisStore(new Redis5())
  redisStore(new Cluster5([]))
  redisStore(new UpstashRedis({ url: '', token: '' }))
  redisStore(UpstashOnWorkers.fromEnv())
  redisStore(new BunClient())
  redisStore(bunRedis)
})

test('what is no client is refused', () => {
  // @ts-expect-error a promise of a client
  redisStore(createClient().connect())
  // @ts-expect-error the options of one
  redisStore({ url: '' })
  // @ts-expect-error what waits for exec
  redisStore(createClient().multi())
  // @ts-expect-error what calls back
  redisStore(createClient().legacy())
  // @ts-expect-error what waits for exec
  redisStore(new Redis().pipeline())
  // @ts-expect-error what waits for exec
  redisStore(new UpstashRedis({ url: '', token: '' }).pipeline())
  // @ts-expect-error no client at all
  redisStore()
})

test('the store is one with everything but deleteExpired', () => {
  expectTypeOf(redisStore(new Redis())).toEqualTypeOf<RedisStore>()
  expectTypeOf<RedisStore>().toExtend<SessionStore>()
  expectTypeOf<RedisStore>().toExtend<
    Required<
      Pick<SessionStore, 'list' | 'listByOwner' | 'deleteByOwner' | 'clear' | 'useClock' | 'limits' | 'consistency'>
    >
  >()
})
