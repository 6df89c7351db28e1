import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MemoryStore } from '@fetch-sessions/core'
import { storeChecks } from '@fetch-sessions/store-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canStartRedis, RedisServer } from '../test/redis-server.js'

/** Runs a script of `../test` with Bun, and gives the lines that it prints. */
async function runBun(script: string, ...args: string[]): Promise<unknown[]> {
  const [bun, path] = ['../node_modules/.bin/bun', `../test/${script}`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  const { stdout } = await promisify(execFile)(bun ?? '', ['run', path ?? '', ...args])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe.skipIf(!(await canStartRedis()))('in Bun, with its own client', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
  }, 120_000)
  afterAll(() => server?.stop())

  it('redisStore passes each check of the suite, but for those of what no Redis store has', async () => {
    const results = await runBun('bun-checks.ts', server.url)
    const isSkipped = (check: string) => check.includes('deleteExpired') || check.includes('the last one wins')
    expect(results).toEqual(
      storeChecks(() => ({ store: new MemoryStore() })).map(({ group, name }) => ({
        group,
        name,
        result: isSkipped(`${group}: ${name}`) ? 'skipped' : 'passed',
      })),
    )
  }, 60_000)

  it('each call fails while the server is down or hangs, and works when it is back, with the same client', async () => {
    expect(await runBun('bun-outage.ts')).toEqual([
      {
        before: [true, true, true, 2, true, true],
        down: ['error', 'error', 'error', 'error', 'error', 'error'],
        after: [true, true, true, 2, true, true],
      },
      'Error: Redis did not reply within 0.2 s; a write may still be carried out',
      null,
    ])
  }, 60_000)

  it('works again after a failover, with the same client', async () => {
    expect(await runBun('bun-failover.ts')).toEqual([expect.stringContaining('READONLY'), true])
  }, 60_000)
})
