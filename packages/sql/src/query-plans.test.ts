import Database from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { newTable } from '../test/table.js'
import type { Dialect } from './dialect.js'
import { mysqlStore, postgresStore, sqliteStore } from './index.js'
import { mysqlDialect } from './mysql-dialect.js'
import { postgresDialect } from './postgres-dialect.js'
import type { Value } from './sql-client.js'
import { sqliteDialect } from './sqlite-dialect.js'
import { type Statements, statementsFor } from './statements.js'

const ROWS = 20_000

/** Stands for the values of the dialect's `ofOwner`. */
const OWNER = 'owner 6'

/** Each statement that looks for rows, with values that are in the table, and the index that is to find them. */
const QUESTIONS: [keyof Statements, Value[], 'id' | 'owner' | 'expires_at'][] = [
  ['load', ['id 7'], 'id'],
  ['update', ['data', 1, 2, 'owner 7', null, 2, 'id 7', 1], 'id'],
  ['touch', [5, 'id 7', 1], 'id'],
  ['delete', ['id 7'], 'id'],
  ['list', ['id 7', 1000, '10'], 'id'],
  ['listByOwner', [OWNER, 1000], 'owner'],
  ['deleteByOwner', [OWNER, 'id 7'], 'owner'],
  ['anyOfOwner', ['echo', OWNER, 'id 7'], 'owner'],
  ['deleteExpired', [ROWS / 2, '100'], 'expires_at'],
]

/** The questions in a dialect, which may ask for the owner twice, and for the name of a statement that removes. */
function questionsFor({ ofOwner, namesRemovals }: Dialect): typeof QUESTIONS {
  const owners = Array.from(ofOwner.matchAll(/\?/g), () => OWNER)
  return QUESTIONS.map(([name, values, index]) => [
    name,
    [
      ...values.flatMap((value) => (value === OWNER ? owners : [value])),
      ...(namesRemovals && name.startsWith('delete') ? [name] : []),
    ],
    index,
  ])
}

/** Fills a table, of whose rows `n` from 1 on has the id `id n`, expires at `n`, and belongs to one of 2000 owners or nobody. */
function fill(table: string, numbers: string, concat: (text: string, number: string) => string): string {
  return `INSERT INTO ${table} (id, data, created_at, expires_at, owner, version)
    SELECT ${concat('id ', 'n')}, '{"count":1}', 0, n, CASE WHEN n % 2 = 0 THEN ${concat('owner ', 'n % 4000')} END, 1 FROM ${numbers}`
}

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')

describe.skipIf(postgres === undefined)('in PostgreSQL each statement finds its rows by an index', () => {
  it('also with a plan that knows no values', async () => {
    const client = new pg.Client({ connectionString: postgres })
    await client.connect()
    const table = newTable()
    try {
      await postgresStore(client, { table }).migrate()
      await client.query(fill(table, `generate_series(1, ${ROWS}) n`, (text, number) => `'${text}' || ${number}`))
      await client.query(`ANALYZE ${table}`)
      await client.query('SET plan_cache_mode = force_generic_plan')
      const statements = statementsFor(postgresDialect, table)
      for (const [name, values, index] of questionsFor(postgresDialect)) {
        await client.query(`PREPARE ${table}_${name} AS ${statements[name]}`)
        const literals = values.map((value) => (value === null ? 'NULL' : `'${value}'`)).join(', ')
        const { rows } = await client.query(`EXPLAIN EXECUTE ${table}_${name} (${literals})`)
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
        expect(plan, name).toContain(`${table}$${index === 'id' ? 'pkey' : index}`)
        expect(plan, name).not.toMatch(/Seq Scan|Sort/)
      }
    } finally {
      await client.query(`DROP TABLE IF EXISTS ${table}`)
      await client.end()
    }
  }, 60_000)
})

const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

describe.skipIf(mariadb === undefined)('in MariaDB each statement finds its rows by an index', () => {
  it('with the values that a driver sends', async () => {
    const connection = await mysql.createConnection(mariadb as string)
    const table = newTable()
    try {
      await mysqlStore(connection, { table }).migrate()
      const numbers = `(WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${ROWS}) SELECT n FROM numbers) numbers`
      await connection.query('SET max_recursive_iterations = 1000000')
      await connection.query(fill(table, numbers, (text, number) => `CONCAT('${text}', ${number})`))
      await connection.query(`ANALYZE TABLE ${table}`)
      const statements = statementsFor(mysqlDialect, table)
      for (const [name, values, index] of questionsFor(mysqlDialect)) {
        const [rows] = await connection.execute<mysql.RowDataPacket[]>(`EXPLAIN ${statements[name]}`, values)
        const plan = rows.find((row) => row.table === table)
        expect(plan, name).toMatchObject({ key: index === 'id' ? 'PRIMARY' : index })
        expect(plan?.type, name).not.toBe('ALL')
        expect(plan?.Extra, name).not.toContain('filesort')
        // A page of a list begins where the one before ended and stops when it is full, which this number does not know.
        if (name !== 'list') expect(Number(plan?.rows), name).toBeLessThanOrEqual(100)
      }
    } finally {
      await connection.query(`DROP TABLE IF EXISTS ${table}`)
      await connection.end()
    }
  }, 60_000)
})

describe.skipIf(!hasBetterSqlite3)('in SQLite each statement finds its rows by an index', () => {
  it('without having been told anything by ANALYZE', () => {
    const db = new Database(':memory:')
    const table = newTable()
    sqliteStore(db, { table }).migrate()
    const statements = statementsFor(sqliteDialect, table)
    for (const [name, values, index] of questionsFor(sqliteDialect)) {
      const rows = db.prepare(`EXPLAIN QUERY PLAN ${statements[name]}`).all(...values) as { detail: string }[]
      const plan = rows.map(({ detail }) => detail).join('\n')
      expect(plan, name).toContain(index === 'id' ? `sqlite_autoindex_${table}_1` : `${table}$${index}`)
      expect(plan, name).not.toMatch(/SCAN (?!CONSTANT ROW)|TEMP B-TREE/)
    }
    db.close()
  })
})
