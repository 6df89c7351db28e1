import type * as denoKv from '@fetch-sessions/deno-kv'
import type * as redisPackage from '@fetch-sessions/redis'
import { afterAll, describe, expect, it } from 'vitest'
import type { Limits } from '../explore.js'
import { copyOf } from '../plant.js'
import { checkStore, type StoreUnderTest, tellStore } from './check.js'
import { denoKvEngine } from './deno-kv-engine.js'
import { promisesOfDenoKv, promisesOfRedis } from './promises.js'
import { connectRedis, redisEngine } from './redis-engine.js'
import { storeScenarios } from './scenarios.js'

const redis = await connectRedis()
afterAll(() => redis?.disconnect())
const stores: Record<string, StoreUnderTest> = {
  'Deno KV': { open: denoKvEngine((await copyOf<typeof denoKv>('deno-kv', ['index'])).denoKvStore), promises: promisesOfDenoKv },
  ...(redis && { Redis: { open: redisEngine(redis, (await copyOf<typeof redisPackage>('redis', ['index'])).redisStore), promises: promisesOfRedis } }),
}
const limits = (failures: number): Limits =>
  process.env.INTERLEAVINGS === 'all' ? { runs: 100_000, seconds: 500 } : { runs: failures === 0 ? 200 : 60 }

describe.each(Object.entries(stores))('%s', (_, store) => {
  describe.each(storeScenarios)('$name', (scenario) => {
    it.each([0, 1])('keeps every promise with %i failures', async (failures) => {
      const { found, runs } = await checkStore(store, scenario, failures, limits(failures))
      if (found) throw new Error(tellStore(found))
      expect(runs).toBeGreaterThan(0)
    })
  })
})
