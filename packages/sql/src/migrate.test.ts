import type { SessionRecord } from '@fetch-sessions/core'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { type ClientName, clients, type OpenedClient } from '../test/open-store.js'
import { newTable } from '../test/table.js'
import { mysqlStore, postgresStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

const NOW = Date.now()
const record: SessionRecord = { data: '1', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'ada', version: 1 }

/** The columns that an index of this table begins with, and their names. */
const indexesOf: Record<string, (table: string) => string> = {
  PostgreSQL: (table) =>
    `SELECT indexname AS name, regexp_replace(indexdef, '.* USING btree ', '') AS part FROM pg_indexes
      WHERE tablename = '${table}'`,
  MySQL: (table) => `SELECT index_name AS name, CONCAT('(', column_name) AS part FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name = '${table}' AND seq_in_index = 1`,
  SQLite: (table) => `SELECT name, SUBSTR(sql, INSTR(sql, '(')) AS part FROM sqlite_master
      WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '${table}'`,
}

/** Statements that make letter case of no account in the column `owner`. */
const withoutCase: Record<string, (table: string) => string[]> = {
  PostgreSQL: (table) => [
    `CREATE COLLATION ${table}_ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    tableWithOwner(table, `text COLLATE ${table}_ci`),
  ],
  MySQL: (table) => [tableWithOwner(table, 'VARCHAR(100) COLLATE utf8mb4_general_ci')],
  SQLite: (table) => [tableWithOwner(table, 'TEXT COLLATE NOCASE')],
}

const tableWithOwner = (table: string, owner: string): string =>
  `CREATE TABLE ${table} (id VARCHAR(43) NOT NULL PRIMARY KEY, data TEXT NOT NULL, created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL, owner ${owner}, version INT NOT NULL, meta TEXT)`

describe.each<[ClientName, keyof typeof indexesOf, string | undefined]>([
  ['pg', 'PostgreSQL', postgres],
  ['PGlite', 'PostgreSQL', 'in this process'],
  ['mysql2', 'MySQL', mariadb],
  ['better-sqlite3', 'SQLite', hasBetterSqlite3 ? ':memory:' : undefined],
  ['libSQL', 'SQLite', ':memory:'],
])('migrate() with %s', (name, dialect, address = '') => {
  const test = it.skipIf(address === '')
  let client: OpenedClient
  const made = new Set<string>()
  beforeAll(() => {
    if (address !== '') client = clients[name](address)
  }, 120_000)
  afterAll(async () => {
    for (const table of made) await client.query(`DROP TABLE IF EXISTS ${table}`)
    await client?.close()
  })

  async function migrated(table: string): Promise<void> {
    made.add(table)
    await client.store({ table }).migrate()
  }

  async function indexes(table: string): Promise<{ name: string; part: string }[]> {
    const rows = await client.query(indexesOf[dialect]?.(table) ?? '')
    return rows.map((row) => ({ name: String(row.name), part: String(row.part) }))
  }

  async function expectIndexed(table: string): Promise<void> {
    const parts = (await indexes(table)).map(({ part }) => part)
    for (const column of ['owner', 'expires_at'])
      expect(parts.filter((part) => part.includes(column) && !part.includes(`${column}_`)).length, column).toBe(1)
  }

  async function expectToWork(table: string): Promise<void> {
    const store = client.store({ table })
    expect(await store.create('id', record)).toBe(true)
    expect(await store.create('id', record)).toBe(false)
    expect(await store.deleteByOwner('ada')).toBe(1)
  }

  test('makes both indexes, and none again', async () => {
    const table = newTable()
    for (let i = 0; i < 3; i++) await migrated(table)
    await expectIndexed(table)
    await expectToWork(table)
  })

  test('makes the indexes of a table whose name one had before that was renamed', async () => {
    const table = newTable()
    const [first, second] = [`${table}_1`, `${table}_2`]
    for (const renamed of [first, second]) {
      await migrated(table)
      await client.query(`ALTER TABLE ${table} RENAME TO ${renamed}`)
      made.add(renamed)
    }
    await migrated(table)
    for (const one of [table, first, second]) {
      await migrated(one)
      await expectIndexed(one)
      await expectToWork(one)
    }
  })

  test.each(['owner', 'expires_at', 'pkey', 'owner_idx', 'expires_at_idx'])(
    'lets a table have the name of another and _%s, whichever is first',
    async (suffix) => {
      for (const isFirst of [true, false]) {
        const table = newTable().slice(0, 35)
        const pair = [table, `${table}_${suffix}`]
        for (const one of isFirst ? pair : pair.reverse()) await migrated(one)
        for (const one of pair) {
          await expectIndexed(one)
          await expectToWork(one)
        }
      }
    },
  )

  test.each(['owner', 'expires_at'])('makes the index of %s again that was dropped', async (column) => {
    const table = newTable()
    await migrated(table)
    const index = (await indexes(table)).find(({ part }) => part.includes(column) && !part.includes(`${column}_`))
    await client.query(dialect === 'MySQL' ? `DROP INDEX ${column} ON ${table}` : `DROP INDEX "${index?.name}"`)
    await client.store({ table }).migrate()
    await expectIndexed(table)
    await expectToWork(table)
  })

  test('gives a table that lost its primary key in a copy one id for one session again', async () => {
    const [table, copy] = [newTable(), newTable()]
    await migrated(table)
    await client.query(`CREATE TABLE ${copy} AS SELECT * FROM ${table}`)
    made.add(copy)
    const message = /^fetch-sessions: .* has no primary key: call the store's migrate\(\), which adds one$/
    if (dialect !== 'MySQL') {
      await expect(async () => client.store({ table: copy }).create('id', record)).rejects.toThrow(message)
      expect(await client.store({ table: copy }).load('id')).toBeUndefined()
    }
    for (let i = 0; i < 3; i++) await migrated(copy)
    await expectIndexed(copy)
    await expectToWork(copy)
    if (dialect !== 'MySQL') expect(await indexes(copy)).toHaveLength(3)
  })

  test('gives one owner no session of another, whatever the collation', async () => {
    const table = newTable()
    const store = client.store({ table })
    // Not by `migrated`: a connection that has prepared a statement would go on with what it knew of the columns.
    made.add(table)
    for (const statement of withoutCase[dialect]?.(table) ?? []) await client.query(statement)
    await store.create('a', { ...record, owner: 'Ada' })
    await store.create('b', { ...record, owner: 'ada' })
    expect((await store.listByOwner('ada')).map(({ id }) => id)).toEqual(['b'])
    expect(await store.deleteByOwner('ada')).toBe(1)
    expect(await store.load('a')).toBeDefined()
    await client.query(`DROP TABLE ${table}`)
    if (dialect === 'PostgreSQL') await client.query(`DROP COLLATION ${table}_ci`)
  })

  test('may run in several at once, also where an index is missing', async () => {
    const table = newTable()
    await Promise.all(Array.from({ length: 5 }, () => migrated(table)))
    const [index] = (await indexes(table)).filter(({ part }) => part.includes('expires_at'))
    await client.query(dialect === 'MySQL' ? `DROP INDEX expires_at ON ${table}` : `DROP INDEX "${index?.name}"`)
    await Promise.all(Array.from({ length: 5 }, () => migrated(table)))
    await expectIndexed(table)
  })

  test('adds no index to a table that is not a store’s', async () => {
    const table = newTable()
    made.add(table)
    await client.query(`CREATE TABLE ${table} (id VARCHAR(43) PRIMARY KEY, owner VARCHAR(100), expires_at BIGINT)`)
    await expect(async () => client.store({ table }).migrate()).rejects.toThrow(/is not one of this store/)
    expect((await indexes(table)).filter(({ part }) => !part.includes('id'))).toEqual([])
  })
})

describe.skipIf(postgres === undefined)('migrate() in PostgreSQL', () => {
  const set = ['default_transaction_isolation', 'standard_conforming_strings', 'quote_all_identifiers']
  it.each(['serializable', 'repeatable\\ read'])(
    'may run in several at once where the default isolation is %s',
    async (isolation) => {
      const options = `-c ${set[0]}=${isolation}`
      const pools = Array.from({ length: 6 }, () => new pg.Pool({ connectionString: postgres, options, max: 1 }))
      try {
        for (let round = 0; round < 3; round++) {
          const table = newTable()
          await Promise.all(pools.map((pool) => postgresStore(pool, { table }).migrate()))
          await pools[0]?.query(`DROP TABLE ${table}`)
        }
      } finally {
        await Promise.all(pools.map((pool) => pool.end()))
      }
    },
  )

  it.each([
    [set[1], 'off'],
    [set[2], 'on'],
  ])('knows its indexes again where %s is %s', async (name, value) => {
    const pool = new pg.Pool({ connectionString: postgres, options: `-c ${name}=${value}`, max: 1 })
    const table = newTable()
    try {
      for (let i = 0; i < 3; i++) await postgresStore(pool, { table }).migrate()
      const { rows } = await pool.query(`SELECT indexname FROM pg_indexes WHERE tablename = '${table}' ORDER BY 1`)
      expect(rows.map((row) => row.indexname)).toEqual(['expires_at', 'owner', 'pkey'].map((of) => `${table}$${of}`))
      // Where all is there, no right to create anything is needed.
      await pool.query('SET default_transaction_read_only = on')
      await postgresStore(pool, { table }).migrate()
    } finally {
      await pool.query('SET default_transaction_read_only = off')
      await pool.query(`DROP TABLE IF EXISTS ${table}`)
      await pool.end()
    }
  })
})

describe.skipIf(mariadb === undefined)('migrate() in MySQL', () => {
  const pool = mysql.createPool(mariadb ?? 'mysql://')
  const table = newTable()
  afterEach(async () => void (await pool.query(`DROP TABLE IF EXISTS ${table}`)))
  afterAll(() => pool.end())

  it('makes an index beside one of that name that is of another column', async () => {
    const store = mysqlStore(pool, { table })
    await store.migrate()
    await pool.query(`DROP INDEX expires_at ON ${table}`)
    await pool.query(`CREATE INDEX expires_at ON ${table} (created_at)`)
    for (let i = 0; i < 2; i++) await store.migrate()
    const [rows] = await pool.query(indexesOf.MySQL?.(table) ?? '')
    expect((rows as { part: string }[]).map(({ part }) => part).sort()).toEqual([
      '(created_at',
      '(expires_at',
      '(id',
      '(owner',
    ])
  })

  it('gives a table with another primary key one id for one session', async () => {
    const store = mysqlStore(pool, { table })
    await store.migrate()
    await pool.query(`ALTER TABLE ${table} DROP PRIMARY KEY, ADD PRIMARY KEY (created_at, id)`)
    for (let i = 0; i < 2; i++) await store.migrate()
    expect(await store.create('id', record)).toBe(true)
    expect(await store.create('id', { ...record, createdAt: NOW + 1 })).toBe(false)
  })

  it('refuses a table that numbers its rows', async () => {
    const store = mysqlStore(pool, { table })
    await store.migrate()
    await pool.query(`ALTER TABLE ${table} ADD COLUMN number INT AUTO_INCREMENT UNIQUE`)
    await expect(store.migrate()).rejects.toThrow(/the column number of .* has AUTO_INCREMENT/)
  })
})

describe.skipIf(mariadb === undefined)('a table in MySQL whose collation takes different texts for the same', () => {
  const pool = mysql.createPool(mariadb ?? 'mysql://')
  const table = newTable()
  afterAll(async () => {
    await pool.query(`DROP TABLE IF EXISTS ${table}`)
    await pool.end()
  })

  it.each(['utf8mb4_general_ci', 'utf8mb4_unicode_520_ci', 'latin1_bin', 'utf8mb3_bin'])(
    'is refused by migrate() if it is %s, which says how to mend it',
    async (collation) => {
      const [charset] = collation.split('_')
      const store = mysqlStore(pool, { table })
      await pool.query(`DROP TABLE IF EXISTS ${table}`)
      await store.migrate()
      await pool.query(`ALTER TABLE ${table} CONVERT TO CHARACTER SET ${charset} COLLATE ${collation}`)
      const message = await store.migrate().catch((error: Error) => error.message)
      expect(message).toMatch(new RegExp(`^fetch-sessions: the column \\w+ of .* has the collation ${collation}`))
      await pool.query(String(message).replace(/^.*: (ALTER TABLE)/, '$1'))
      await store.migrate()
    },
  )

  it('gives no owner another’s sessions, though nobody has called migrate()', async () => {
    const store = mysqlStore(pool, { table })
    await pool.query(`DROP TABLE IF EXISTS ${table}`)
    await store.migrate()
    await pool.query(`ALTER TABLE ${table} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`)
    await store.create('a', { ...record, owner: 'Ada' })
    await store.create('b', { ...record, owner: 'ada' })
    await store.create('c', { ...record, owner: 'adá' })
    expect((await store.listByOwner('ada')).map(({ id }) => id)).toEqual(['b'])
    expect(await store.deleteByOwner('ada')).toBe(1)
    expect(await store.load('a')).toBeDefined()
    expect(await store.load('c')).toBeDefined()
  })
})
