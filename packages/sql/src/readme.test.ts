import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { newTable } from '../test/table.js'
import { mysqlStore, postgresStore, sqliteStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql)

/** The schema in the README for this table. */
const schemaFor = (nth: number, table: string) => blocks[nth]?.replaceAll('fetch_sessions', table) ?? ''

/** What a catalog says, without the names that differ from table to table. */
const unnamed = (rows: object[], table: string) => JSON.stringify(rows).replaceAll(table, 'table')

describe('the schema in the README is the one that migrate() makes, which adds nothing to it,', () => {
  it.skipIf(postgres === undefined)('in PostgreSQL', async () => {
    const pool = new pg.Pool({ connectionString: postgres })
    const [made, documented] = [newTable(), newTable()]
    const catalog = async (table: string) => {
      const columns = `SELECT column_name, data_type, is_nullable FROM information_schema.columns
        WHERE table_name = '${table}' ORDER BY ordinal_position`
      const indexes = `SELECT regexp_replace(indexdef, 'INDEX .* ON', 'INDEX ON') AS of FROM pg_indexes
        WHERE tablename = '${table}' ORDER BY 1`
      return unnamed([...(await pool.query(columns)).rows, ...(await pool.query(indexes)).rows], table)
    }
    await postgresStore(pool, { table: made }).migrate()
    await pool.query(schemaFor(0, documented))
    const before = await catalog(documented)
    await postgresStore(pool, { table: documented }).migrate()
    expect(await catalog(documented)).toBe(before)
    expect(before).toBe(await catalog(made))
    await pool.query(`DROP TABLE ${made}, ${documented}`)
    await pool.end()
  })

  it.skipIf(!hasBetterSqlite3)('in SQLite', () => {
    const db = new Database(':memory:')
    const catalog = (table: string) => {
      const all = db.prepare('SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL').all(table)
      const bare = unnamed(all as object[], table).replace(/INDEX \S+ ON/g, 'INDEX ON')
      return bare.replace(/\\n|\s+|\\?"|IF NOT EXISTS/g, ' ').replace(/[\s,]+/g, ' ')
    }
    sqliteStore(db, { table: 'made' }).migrate()
    db.exec(schemaFor(1, 'documented'))
    const before = catalog('documented')
    sqliteStore(db, { table: 'documented' }).migrate()
    expect(catalog('documented')).toBe(before)
    expect(before).toBe(catalog('made'))
    db.close()
  })

  it.skipIf(mariadb === undefined)('in MariaDB', async () => {
    const connection = await mysql.createConnection(mariadb as string)
    const [made, documented] = [newTable(), newTable()]
    const catalog = async (table: string) => {
      const [rows] = await connection.query<mysql.RowDataPacket[]>(`SHOW CREATE TABLE ${table}`)
      return unnamed(rows, table)
    }
    await mysqlStore(connection, { table: made }).migrate()
    await connection.query(schemaFor(2, documented))
    const before = await catalog(documented)
    await mysqlStore(connection, { table: documented }).migrate()
    expect(await catalog(documented)).toBe(before)
    expect(before).toBe(await catalog(made))
    await connection.query(`DROP TABLE ${made}, ${documented}`)
    await connection.end()
  })
})
