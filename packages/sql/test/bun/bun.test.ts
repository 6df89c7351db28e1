// Run by Bun: the suite for the clients that are part of it.

import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, it } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testStore } from '@fetch-sessions/store-testing'
import { SQL } from 'bun'
import { mysqlStore, postgresStore, sqliteStore } from '../../src/index.js'
import { newTable } from '../table.js'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-bun-'))
const databases = [new Database(':memory:'), new Database(join(folder, 'bun.db'))] as const
const postgres = new SQL(process.env.POSTGRES_URL as string)
const mysql = new SQL(process.env.MYSQL_URL as string)
const sqlite = new SQL('sqlite://:memory:')

afterAll(async () => {
  for (const db of databases) db.close()
  for (const sql of [postgres, mysql, sqlite]) await sql.close()
  rmSync(folder, { recursive: true })
})

for (const [i, db] of databases.entries()) {
  testStore(
    `bun:sqlite ${i === 0 ? 'in memory' : 'and a file'}`,
    () => {
      const table = newTable()
      const store = sqliteStore(db, { table })
      store.migrate()
      return { store, close: () => void db.run(`DROP TABLE ${table}`) }
    },
    { describe, it },
  )
}

for (const [name, sql, storeOf] of [
  ['PostgreSQL', postgres, postgresStore],
  ['MySQL', mysql, mysqlStore],
  ['SQLite', sqlite, sqliteStore],
] as const) {
  testStore(
    `Bun.SQL for ${name}`,
    async () => {
      const table = newTable()
      const store = storeOf(sql, { table })
      await store.migrate()
      return { store, close: async () => void (await sql.unsafe(`DROP TABLE ${table}`)) }
    },
    { describe, it },
  )
}

it('bun:sqlite refuses a write in a transaction of others', () => {
  const db = new Database(':memory:')
  const store = sqliteStore(db)
  store.migrate()
  db.exec('BEGIN')
  expect(() => store.delete('id')).toThrow('a transaction that the store did not open')
  expect(store.load('id')).toBeUndefined()
  db.exec('ROLLBACK')
  expect(store.delete('id')).toBe(false)
  db.close()
})

for (const prepare of [true, false])
  it(`Bun.SQL for PostgreSQL prepares as it was made to: ${prepare}`, async () => {
    const sql = new SQL(process.env.POSTGRES_URL as string, { prepare, max: 1 })
    const table = newTable()
    const store = postgresStore(sql, { table, prepare })
    await store.migrate()
    await store.load('id')
    const question = `SELECT count(*)::int AS n FROM pg_prepared_statements WHERE statement LIKE 'SELECT %${table}%'`
    expect((await sql.unsafe(question))[0].n).toBe(prepare ? 1 : 0)
    expect(() => postgresStore(sql, { table, prepare: !prepare })).toThrow(`new SQL(url, { prepare: ${!prepare} })`)
    await sql.unsafe(`DROP TABLE ${table}`)
    await sql.close()
  })
