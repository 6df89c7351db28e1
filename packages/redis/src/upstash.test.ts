import { Redis as UpstashRedis } from '@upstash/redis'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findRedis } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import { UpstashBridge } from '../test/upstash-bridge.js'
import { redisStore } from './redis-store.js'

const url = (await findRedis()) ?? ''

describe.skipIf(url === '')('the client of Upstash', () => {
  it.each([
    { enableAutoPipelining: true, requests: [1, 50] },
    { enableAutoPipelining: false, requests: Array.from({ length: 51 }, () => 1) },
  ])('asks for an owner’s sessions in as many requests as its pipelining allows: %o', async (expected) => {
    const redis = new Redis(url)
    onTestFinished(() => void redis.quit())
    const bridge = await UpstashBridge.start(redis)
    onTestFinished(() => bridge.stop())
    const { enableAutoPipelining } = expected
    const client = new UpstashRedis({ url: bridge.url, token: bridge.token, enableAutoPipelining })
    const prefix = `test:${newId()}:`
    const store = redisStore(client, { prefix })
    for (let i = 0; i < 50; i++) await redisStore(redis, { prefix }).create(newId(), newRecord({ owner: 'ada' }))
    await store.listByOwner('ada')
    bridge.requests.length = 0
    expect(await store.listByOwner('ada')).toHaveLength(50)
    expect(bridge.requests.map((commands) => commands.length)).toEqual(expected.requests)
    await store.clear()
  })
})
