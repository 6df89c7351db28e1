import { runInNewContext } from 'node:vm'
import type { SessionRecord } from '@fetch-sessions/core'
import { createClient } from '@libsql/client'
import Database from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import connect from 'postgres'
import { describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { newTable } from '../test/table.js'
import { type AsyncSqlStore, mysqlStore, postgresStore, type SyncSqlStore, sqliteStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

const NOW = Date.now()
const record: SessionRecord = { data: '7', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'ada', version: 1 }

/** Uses every column and every number that a store answers with. */
async function expectPlainAnswers(store: AsyncSqlStore | SyncSqlStore): Promise<void> {
  await store.migrate()
  expect(await store.create('id', record)).toBe(true)
  expect(await store.create('id', record)).toBe(false)
  expect(await store.load('id')).toEqual(record)
  const info = { id: 'id', owner: 'ada', createdAt: NOW, expiresAt: record.expiresAt }
  expect(await store.listByOwner('ada')).toEqual([info])
  expect(await store.list(undefined, 1, NOW)).toEqual({ entries: [info], cursor: expect.any(String) })
  expect(await store.touch('id', record.expiresAt, 1)).toBe(true)
  expect(await store.deleteByOwner('ada', 'id')).toBe(0)
  expect(await store.deleteExpired(record.expiresAt, 5)).toBe(1)
}

describe('answers are plain numbers and texts, however the client is set up', () => {
  it.skipIf(postgres === undefined)('pg with BigInt', async () => {
    const types = { getTypeParser: (oid: number) => (oid === 20 ? BigInt : pg.types.getTypeParser(oid)) }
    const pool = new pg.Pool({ connectionString: postgres, types: types as pg.CustomTypesConfig })
    const table = newTable()
    await expectPlainAnswers(postgresStore(pool, { table }))
    await pool.query(`DROP TABLE ${table}`)
    await pool.end()
  })

  it.skipIf(postgres === undefined)('postgres.js with BigInt and names in camel case', async () => {
    const sql = connect(postgres as string, { types: { bigint: connect.BigInt }, transform: connect.camel })
    const table = newTable()
    await expectPlainAnswers(postgresStore(sql, { table }))
    await sql.unsafe(`DROP TABLE ${table}`)
    await sql.end()
  })

  it.skipIf(postgres === undefined)('postgres.js with undefined for NULL', async () => {
    const sql = connect(postgres as string, { transform: { value: (value) => value ?? undefined } })
    const table = newTable()
    const store = postgresStore(sql, { table })
    await store.migrate()
    await store.create('id', { ...record, owner: undefined })
    const { owner, meta } = (await store.list(undefined, 1, NOW)).entries[0] ?? expect.fail('There is no session')
    expect([owner, meta]).toEqual([undefined, undefined])
    await sql.unsafe(`DROP TABLE ${table}`)
    await sql.end()
  })

  it.skipIf(mariadb === undefined).each<[string, mysql.PoolOptions]>([
    ['big numbers as texts', { supportBigNumbers: true, bigNumberStrings: true }],
    ['nested tables', { nestTables: true }],
    ['tables in the names', { nestTables: '_' }],
    ['bytes for all values', { typeCast: false }],
    ['values of its own', { typeCast: () => 'mine' }],
    ['named placeholders', { namedPlaceholders: true }],
    ['rows as objects', { rowsAsArray: false }],
    ['dates and decimals its own way', { dateStrings: true, decimalNumbers: true }],
    ['no eval', { disableEval: true }],
    ['no found rows', { flags: ['-FOUND_ROWS'] }],
  ])('mysql2 with %s', async (_, options) => {
    const pool = mysql.createPool({ uri: mariadb as string, ...options })
    const table = newTable()
    await expectPlainAnswers(mysqlStore(pool, { table }))
    await pool.query(`DROP TABLE ${table}`)
    await pool.end()
  })

  it.skipIf(!hasBetterSqlite3)('better-sqlite3 with BigInt', async () => {
    const db = new Database(':memory:')
    db.defaultSafeIntegers(true)
    await expectPlainAnswers(sqliteStore(db))
    db.close()
  })

  it.each(['bigint', 'string'] as const)('libSQL with %s', async (intMode) => {
    const client = createClient({ url: ':memory:', intMode })
    await expectPlainAnswers(sqliteStore(client))
    client.close()
  })
})

it.skipIf(!hasBetterSqlite3)('a D1 binding may give promises of another realm', async () => {
  const db = new Database(':memory:')
  /** What can be awaited, and is no `Promise` of ours. */
  const later = <T>(ask: () => T): Promise<T> => runInNewContext('(ask) => Promise.resolve().then(ask)')(ask)
  const prepare = (text: string) => ({
    bind: (...values: (string | number | null)[]) => ({
      raw: () =>
        later(
          () =>
            db
              .prepare(text)
              .raw()
              .all(...values) as unknown[][],
        ),
      run: () => later(() => ({ meta: { changes: db.prepare(text).run(...values).changes } })),
    }),
  })
  const store = sqliteStore({ prepare, batch: () => {} })
  await expectPlainAnswers(store)
  db.close()
})

it.each([
  ['the rows alone, as that of pg-promise does', [{ id: 'id' }]],
  ['as that of mysql2 does', [[], []]],
  ['nothing', undefined],
])('a client of PostgreSQL that answers with %s is named', async (_, answer) => {
  const client = { query: async () => answer as never, connect: async () => {} }
  const store = postgresStore(client)
  for (const ask of [() => store.load('id'), () => store.create('id', record), () => store.clear()])
    await expect(ask).rejects.toThrow(/answers in another way than pg: pass a Pool or Client of pg/)
})

describe.skipIf(postgres === undefined)('migrate() in PostgreSQL, where the table is', () => {
  it('needs no right to create anything, and waits for no write', async () => {
    const pool = new pg.Pool({ connectionString: postgres })
    const owner = await pool.connect()
    const restricted = await pool.connect()
    const name = newTable()
    try {
      await owner.query(`CREATE SCHEMA ${name}; CREATE ROLE ${name}; GRANT USAGE ON SCHEMA ${name} TO ${name}`)
      const options = { table: `${name}.sessions` }
      await postgresStore(owner, options).migrate()
      await owner.query(`GRANT SELECT ON ${name}.sessions TO ${name}`)
      await owner.query('BEGIN')
      await postgresStore(owner, options).create('id', record)
      await restricted.query(`SET lock_timeout = '5s'; SET ROLE ${name}`)
      await postgresStore(restricted, options).migrate()
      await expect(postgresStore(restricted, { table: `${name}.other` }).migrate()).rejects.toThrow('permission denied')
    } finally {
      restricted.release(true)
      await owner.query(`ROLLBACK; DROP SCHEMA IF EXISTS ${name} CASCADE; DROP ROLE IF EXISTS ${name}`)
      owner.release()
      await pool.end()
    }
  })
})
