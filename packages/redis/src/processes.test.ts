import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findRedis } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import { redisStore } from './redis-store.js'

const url = (await findRedis()) ?? ''

describe.skipIf(url === '')('several processes', () => {
  it('that count in one session lose no count', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-redis-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const script = join(folder, 'increments.cjs')
    await build({
      entryPoints: [fileURLToPath(new URL('../test/increments.ts', import.meta.url))],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
    })
    const redis = new Redis(url)
    onTestFinished(() => void redis.quit())
    const prefix = `test:${newId()}:`
    const store = redisStore(redis, { prefix })
    const id = newId()
    await store.create(id, newRecord({ data: '0' }))

    const exits = await Promise.all(
      Array.from({ length: 4 }, () => once(fork(script, [url, prefix, id, '50']), 'exit')),
    )
    expect(exits.map(([code]) => code)).toEqual([0, 0, 0, 0])
    expect(await store.load(id)).toMatchObject({ data: '200', version: 201 })
    await store.clear()
  }, 60_000)
})
