import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { type Bundle, bundle } from '../test/bundle.js'
import type { Task } from '../test/contender.js'
import { type ClientName, clients } from '../test/open-store.js'
import { newTable } from '../test/table.js'

const PROCESSES = 5

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mysql = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')
const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-processes-'))

const running: Set<ChildProcess> = new Set()
let contender: Bundle
beforeAll(async () => {
  contender = await bundle(new URL('../test/contender.ts', import.meta.url))
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await contender?.remove()
  rmSync(folder, { recursive: true })
})

/** Does the task in several processes that all start at once, and resolves when each has ended without an error. */
async function inProcesses(task: Task): Promise<void> {
  const children = Array.from({ length: PROCESSES }, () => fork(contender.file, [JSON.stringify(task)]))
  for (const child of children) running.add(child)
  const ended = Promise.all(children.map((child) => once(child, 'exit')))
  await Promise.race([Promise.all(children.map((child) => once(child, 'message'))), ended])
  for (const child of children) child.connected && child.send('start')
  expect(await ended).toEqual(children.map(() => [0, null]))
  for (const child of children) running.delete(child)
}

describe.each<[ClientName, string | undefined]>([
  ['pg', postgres],
  ['mysql2', mysql],
  ['better-sqlite3', hasBetterSqlite3 ? join(folder, 'better-sqlite3.db') : undefined],
])(`${PROCESSES} processes with %s`, (client, address = '') => {
  it.skipIf(address === '')(
    'may call migrate() at the same moment',
    async () => {
      const tables = Array.from({ length: 20 }, newTable)
      const opened = clients[client](address)
      try {
        await inProcesses({ do: 'migrate', client, address, tables })
        for (const table of tables) expect(await opened.store({ table }).load('none')).toBeUndefined()
      } finally {
        for (const table of tables) await opened.query(`DROP TABLE IF EXISTS ${table}`)
        await opened.close()
      }
    },
    120_000,
  )

  it.skipIf(address === '')(
    'lose no increment of one record, each a load and an update until it gives true',
    async () => {
      const table = newTable()
      const opened = clients[client](address)
      try {
        const store = opened.store({ table })
        await store.migrate()
        const now = Date.now()
        await store.create('one', { data: '0', createdAt: now, expiresAt: now + 1e6, owner: undefined, version: 1 })
        await inProcesses({ do: 'increment', client, address, table, id: 'one', times: 100 })
        const record = await store.load('one')
        expect(record).toMatchObject({ data: String(PROCESSES * 100), version: PROCESSES * 100 + 1 })
      } finally {
        await opened.query(`DROP TABLE IF EXISTS ${table}`)
        await opened.close()
      }
    },
    120_000,
  )
})
