import type * as cloudflare from '@fetch-sessions/cloudflare'
import type * as denoKv from '@fetch-sessions/deno-kv'
import type * as redisPackage from '@fetch-sessions/redis'
import type { Redis } from 'ioredis'
import { copyOf, type Fault } from '../plant.js'
import type { StoreUnderTest } from './check.js'
import { denoKvEngine } from './deno-kv-engine.js'
import { durableObjectsEngine, type ObjectClass } from './durable-objects-engine.js'
import { promisesOfDenoKv, promisesOfDurableObjects, promisesOfRedis, promisesOfWorkersKv } from './promises.js'
import { redisEngine } from './redis-engine.js'
import type { StoreScenario } from './run.js'
import { eventualScenarios, storeScenarios } from './scenarios.js'
import { workersKvEngine } from './workers-kv-engine.js'

export type StoreName = 'Redis' | 'Durable Objects' | 'Deno KV' | 'Workers KV'

export const storeNames: readonly StoreName[] = ['Redis', 'Durable Objects', 'Deno KV', 'Workers KV']

export function scenariosOf(name: StoreName): readonly StoreScenario[] {
  return name === 'Workers KV' ? eventualScenarios : storeScenarios
}

/** A store as it is, or a copy with a fault. */
export async function storeUnderTest(
  name: StoreName,
  redis: Redis | undefined,
  fault?: Fault,
): Promise<StoreUnderTest> {
  if (name === 'Redis') {
    if (redis === undefined) throw new Error('There is no Redis')
    const { redisStore } = await copyOf<typeof redisPackage>('redis', ['index'], fault)
    return { open: redisEngine(redis, redisStore), promises: promisesOfRedis }
  }
  if (name === 'Deno KV') {
    const { denoKvStore } = await copyOf<typeof denoKv>('deno-kv', ['index'], fault)
    return { open: denoKvEngine(denoKvStore), promises: promisesOfDenoKv }
  }
  const files = ['index', 'durable-object']
  const { durableObjectStore, kvStore, SessionObject } = await copyOf<
    typeof cloudflare & { SessionObject: ObjectClass }
  >('cloudflare', files, fault)
  if (name === 'Workers KV') return { open: workersKvEngine(kvStore), promises: promisesOfWorkersKv }
  return { open: durableObjectsEngine(durableObjectStore, SessionObject), promises: promisesOfDurableObjects }
}
