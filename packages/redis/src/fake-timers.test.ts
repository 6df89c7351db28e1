import { Redis } from 'ioredis'
import { afterEach, expect, it, vi } from 'vitest'
import { findRedis } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import { redisStore } from './redis-store.js'

const url = await findRedis()

afterEach(() => {
  vi.useRealTimers()
})

it.skipIf(url === undefined)('the default clock is the one of fake timers, however late they come', async () => {
  const redis = new Redis(url as string)
  const prefix = `test:${newId()}:`
  const store = redisStore(redis, { prefix })
  const id = newId()
  const now = Date.now()
  vi.useFakeTimers({ toFake: ['Date'], now: now - 3_600_000 })
  try {
    await store.create(id, newRecord({ expiresAt: now, createdAt: now - 3_600_000 }))
    // Redis' own clock goes on as it is.
    expect(await redis.pttl(prefix + id)).toBeGreaterThan(3_000_000)
  } finally {
    await store.clear()
    await redis.quit()
  }
})
