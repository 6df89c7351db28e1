import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { storeChecks } from '@fetch-sessions/store-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { type Bundle, bundle } from '../test/bundle.js'
import { findNewerNode } from '../test/newer-node/find.js'

const run = promisify(execFile)
const checks = storeChecks(() => {
  throw new Error('only counted')
}).length

const node = findNewerNode()

describe.skipIf(node === undefined)('in a newer Node', () => {
  let suites: Bundle
  let worker: Bundle
  beforeAll(async () => {
    suites = await bundle(new URL('../test/newer-node/suites.ts', import.meta.url))
    worker = await bundle(new URL('../test/newer-node/d1-worker.ts', import.meta.url))
  })
  afterAll(async () => {
    await suites?.remove()
    await worker?.remove()
  })

  it('node:sqlite in memory, node:sqlite and a file, and D1 in workerd pass the suite, and node:sqlite what is asked of it alone', async () => {
    const { stdout } = await run(node as string, ['--test-reporter=tap', suites.file, worker.file], { maxBuffer: 1e8 })
    const count = (what: string) => Number(stdout.match(new RegExp(`^# ${what} (\\d+)$`, 'm'))?.[1])
    expect(count('fail')).toBe(0)
    expect(count('pass') + count('skipped')).toBe(3 * checks + 2)
    expect(count('skipped')).toBe(3 * 4) // those for stores that can't compare-and-set
  }, 300_000)
})

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mysql = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

describe.skipIf(postgres === undefined || mysql === undefined)('in Bun', () => {
  it('bun:sqlite, and Bun.SQL for PostgreSQL, MySQL and SQLite pass the suite, and PostgreSQL prepares as is said', async () => {
    const bun = join(dirname(createRequire(import.meta.url).resolve('bun/package.json')), 'bin', 'bun.exe')
    const folder = fileURLToPath(new URL('../test/bun/', import.meta.url))
    const { stderr } = await run(bun, ['test', '--timeout=60000'], {
      cwd: folder,
      env: { ...process.env, POSTGRES_URL: postgres, MYSQL_URL: mysql },
      maxBuffer: 1e8,
    })
    expect(stderr).toMatch(new RegExp(`^ *${5 * checks + 3} pass$`, 'm'))
    expect(stderr).toMatch(/^ *0 fail$/m)
  }, 300_000)
})
