import { createRequire } from 'node:module'
import { SessionManager, type SessionRecord } from '@fetch-sessions/core'
import { createClient } from '@libsql/client'
import Database from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import connect from 'postgres'
import { afterAll, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { newTable } from '../test/table.js'
import { mysqlStore, postgresStore, sqliteStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

describe('the client', () => {
  const others: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a URL', 'postgres://127.0.0.1/test'],
    ['an empty object', {}],
    ['a function', () => {}],
    ['a knex', Object.assign(() => {}, { transaction() {}, raw() {} })],
    ['a query function alone', { query: () => {} }],
    ['a database that answers by callback', { prepare: () => {}, exec: () => {}, each: () => {} }],
  ]

  it.each(others)('is refused if it is %s', (_, client) => {
    expect(() => postgresStore(client as never)).toThrow(/^fetch-sessions: postgresStore takes a Pool or Client of pg/)
    expect(() => mysqlStore(client as never)).toThrow(
      /^fetch-sessions: mysqlStore takes a pool or connection of mysql2/,
    )
    expect(() => sqliteStore(client as never)).toThrow(
      /^fetch-sessions: sqliteStore takes a Database of better-sqlite3/,
    )
  })

  it.skipIf(!hasBetterSqlite3)('is refused by the stores of the other databases', () => {
    const pool = new pg.Pool()
    const sql = connect('postgres://127.0.0.1/test')
    const mysqlPool = mysql.createPool('mysql://127.0.0.1/test')
    const db = new Database(':memory:')
    for (const client of [pool, sql, db]) expect(() => mysqlStore(client as never)).toThrow(TypeError)
    for (const client of [pool, sql, mysqlPool]) expect(() => sqliteStore(client as never)).toThrow(TypeError)
    expect(() => postgresStore(db as never)).toThrow(TypeError)
    db.close()
  })
})

describe('a client that would fail later', () => {
  it.skipIf(postgres === undefined)('is refused in words if it is a reserved connection of postgres.js', async () => {
    const sql = connect(postgres as string, { max: 1 })
    const reserved = await sql.reserve()
    for (const storeOf of [postgresStore, mysqlStore, sqliteStore])
      expect(() => storeOf(reserved as never)).toThrow(/reserved connection or a transaction.*pass the sql that/)
    reserved.release()
    await sql.end()
  })

  it.skipIf(postgres === undefined)('is refused in words if it is a transaction of postgres.js', async () => {
    const sql = connect(postgres as string, { max: 1 })
    await sql.begin(async (transaction) => {
      expect(() => postgresStore(transaction as never)).toThrow(/reserved connection or a transaction/)
      await transaction.savepoint(async (savepoint) => {
        expect(() => postgresStore(savepoint as never)).toThrow(/reserved connection or a transaction/)
      })
    })
    await sql.end()
  })

  it('is refused in words if it is a Database of libsql/promise', async () => {
    const libsql = createRequire(createRequire(import.meta.url).resolve('@libsql/client'))('libsql/promise') as {
      new (path: string): { close(): void }
    }
    const db = new libsql(':memory:')
    expect(() => sqliteStore(db as never)).toThrow(/this Database is of libsql\/promise/)
    db.close()
  })

  it.each([
    ['connection', ['format', 'query', 'beginTransaction']],
    ['pool', ['getConnection', 'query']],
  ])('is refused in words if it is a %s of the package mariadb', (_, methods) => {
    const client = Object.fromEntries(['execute', 'batch', ...methods].map((name) => [name, () => {}]))
    expect(() => mysqlStore(client as never)).toThrow(/of the package mariadb, .* pass one of mysql2/)
  })

  it('is refused in words if it is neon() of a version that takes templates only', () => {
    const old = Object.assign(() => {}, { transaction: () => {} })
    expect(() => postgresStore(old as never)).toThrow(/version 1 or later/)
  })
})

describe('the option table', () => {
  const client = createClient({ url: ':memory:' })
  afterAll(() => client.close())

  it.each([
    '',
    'a-b',
    '1a',
    'a b',
    'a"b',
    'a`b',
    'a;b',
    "a'b",
    'é',
    'a.b.c',
    '.a',
    'a.',
    'a\n',
    'x'.repeat(51),
    '"; DROP TABLE x; --',
  ])('is refused if it is %j', (table) => {
    const message = /^fetch-sessions: table must be a name of letters, digits and _/
    expect(() => sqliteStore(client, { table })).toThrow(message)
    expect(() => postgresStore(new pg.Pool(), { table })).toThrow(message)
    expect(() => mysqlStore(mysql.createPool({}), { table })).toThrow(message)
  })

  it('may be a word of SQL, or 50 characters long', async () => {
    for (const table of ['select', 'Order', 'x'.repeat(50)]) {
      const store = sqliteStore(client, { table })
      await store.migrate()
      expect(await store.load('id')).toBeUndefined()
    }
  })

  it('may have no schema in SQLite', () => {
    expect(() => sqliteStore(client, { table: 'main.sessions' })).toThrow('without a schema')
  })

  it.skipIf(postgres === undefined)('may have a schema in PostgreSQL', async () => {
    const pool = new pg.Pool({ connectionString: postgres, max: 1 })
    const schema = newTable()
    await pool.query(`CREATE SCHEMA ${schema}`)
    try {
      const store = postgresStore(pool, { table: `${schema}.Order` })
      await store.migrate()
      expect(await store.delete('id')).toBe(false)
      const { rows } = await pool.query('SELECT indexname FROM pg_indexes WHERE schemaname = $1 ORDER BY 1', [schema])
      expect(rows.map((row) => row.indexname)).toEqual(['Order$expires_at', 'Order$owner', 'Order$pkey'])
    } finally {
      await pool.query(`DROP SCHEMA ${schema} CASCADE`)
      await pool.end()
    }
  })

  it.skipIf(mariadb === undefined)('may have a database in MySQL, and the pool may be one of callbacks', async () => {
    const { createPool } = await import('mysql2')
    const pool = createPool(mariadb as string)
    const table = `${new URL(mariadb as string).pathname.slice(1)}.${newTable()}`
    const store = mysqlStore(pool, { table })
    await store.migrate()
    expect(await store.delete('id')).toBe(false)
    await pool.promise().query(`DROP TABLE ${table}`)
    await pool.promise().end()
  })
})

describe('statements', () => {
  it.skipIf(postgres === undefined)('call no function of somebody else’s in PostgreSQL', async () => {
    const schema = newTable()
    const pool = new pg.Pool({ connectionString: postgres, options: `-c search_path=${schema}` })
    const store = postgresStore(pool)
    const record: SessionRecord = { data: '{}', createdAt: 1, expiresAt: 2, owner: undefined, version: 1 }
    await pool.query(`CREATE SCHEMA ${schema}`)
    try {
      // They fit better than those of PostgreSQL, which take values of any type.
      const planted = [
        ['concat_ws', Array(8).fill('text').join(', ')],
        ['format', 'text, text'],
      ]
      for (const [name, types] of planted) {
        await pool.query(`CREATE FUNCTION ${schema}.${name}(${types}) RETURNS text
          LANGUAGE sql AS $$ SELECT 'of somebody else' $$`)
      }
      await pool.query(
        `CREATE FUNCTION ${schema}.step(bigint, integer) RETURNS bigint LANGUAGE sql AS 'SELECT 1 / 0::bigint'`,
      )
      await pool.query(
        `CREATE AGGREGATE ${schema}.count(integer) (sfunc = ${schema}.step, stype = bigint, initcond = '0')`,
      )
      // As do operators, of the types that are compared and joined with each other.
      for (const [operator, left, right, returns] of [
        ['=', 'oid', 'regclass', 'boolean'],
        ['=', 'name', 'text', 'boolean'],
        ['||', 'text', 'integer', 'text'],
      ] as const) {
        const [name, answer] = [`${returns}_of_${left}_${right}`, returns === 'text' ? "''" : '1 / 0 = 0']
        await pool.query(`CREATE FUNCTION ${schema}.${name}(a ${left}, b ${right}) RETURNS ${returns}
          LANGUAGE plpgsql AS $$ BEGIN RAISE 'of somebody else'; RETURN ${answer}; END $$`)
        await pool.query(
          `CREATE OPERATOR ${schema}.${operator} (leftarg = ${left}, rightarg = ${right}, function = ${schema}.${name})`,
        )
      }
      // Each name that the indexes would have is taken.
      for (const of of ['pkey', 'owner', 'expires_at'])
        await pool.query(`CREATE VIEW "fetch_sessions$${of}" AS SELECT 1`)
      await store.migrate()
      await store.migrate()
      await store.create('id', record)
      expect(await store.load('id')).toEqual(record)
    } finally {
      await pool.query(`DROP SCHEMA ${schema} CASCADE`)
      await pool.end()
    }
  })

  it.skipIf(postgres === undefined).each([
    { prepare: true, count: 1 },
    { prepare: false, count: 0 },
    { prepare: undefined, count: 1 },
  ])('are prepared in PostgreSQL, or not: $prepare', async ({ prepare, count }) => {
    const pool = new pg.Pool({ connectionString: postgres, max: 1 })
    const sql = connect(postgres as string, { max: 1 })
    const options = { table: newTable(), ...(prepare !== undefined && { prepare }) }
    await postgresStore(pool, options).migrate()
    await postgresStore(sql, options).load('id')
    const question = `SELECT count(*)::int AS n FROM pg_prepared_statements
      WHERE statement LIKE 'SELECT %${options.table}" WHERE id = $1'`
    expect((await pool.query(question)).rows).toEqual([{ n: count }])
    expect((await sql.unsafe(question)).map((row) => row.n)).toEqual([count])
    await pool.query(`DROP TABLE ${options.table}`)
    await sql.end()
    await pool.end()
  })
})

describe.skipIf(!hasBetterSqlite3)('in a session manager', () => {
  it('a store that answers at once keeps a session from one request to the next', async () => {
    const db = new Database(':memory:')
    const store = sqliteStore(db)
    store.migrate()
    const sessions = new SessionManager<{ count: number }>({ store, secret: 'thirty-two bytes of secret, at least' })
    const visit = (cookie: string) =>
      sessions.handle(new Request('https://example.com/', { headers: { cookie } }), async (session) => {
        const count = (await session.write()).update('count', (n = 0) => n + 1)
        return new Response(String(count))
      })
    const first = await visit('')
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect(await (await visit(cookie)).text()).toBe('2')
    expect(await sessions.deleteExpired()).toBe(0)
    db.close()
  })
})
