import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionRecord } from '@fetch-sessions/core'
import Database from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import connect from 'postgres'
import { describe, expect, it, vi } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { PATIENCE } from '../test/patience.js'
import { newTable } from '../test/table.js'
import { mysqlStore, postgresStore, sqliteStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

const NOW = Date.now()
const record: SessionRecord = { data: '1', createdAt: NOW, expiresAt: NOW + 1e6, owner: undefined, version: 1 }
const next: SessionRecord = { ...record, data: '2', version: 2 }

describe.skipIf(postgres === undefined)('when PostgreSQL ends a connection', () => {
  /** Ends the connections with this application name, of which there has to be one. */
  async function terminate(control: pg.Client, name: string): Promise<void> {
    const { rowCount } = await control.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
      [name],
    )
    expect(rowCount).toBeGreaterThan(0)
  }

  async function withTable(use: (control: pg.Client, table: string) => Promise<void>): Promise<void> {
    const control = new pg.Client({ connectionString: postgres })
    await control.connect()
    const table = newTable()
    try {
      await use(control, table)
    } finally {
      await control.query(`ROLLBACK; DROP TABLE IF EXISTS ${table}`)
      await control.end()
    }
  }

  it('that is idle, a store on a pool of pg goes on with a new one', async () => {
    await withTable(async (control, table) => {
      const pool = new pg.Pool({ connectionString: postgres, application_name: table })
      const store = postgresStore(pool, { table })
      await store.migrate()
      await store.create('id', record)
      const lost = once(pool, 'error')
      await terminate(control, table)
      await lost
      expect(await store.load('id')).toEqual(record)
      expect(await store.update('id', next)).toBe(true)
      await pool.end()
    })
  })

  it('in the middle of an update, the update fails, nothing is written, and the next one works', async () => {
    await withTable(async (control, table) => {
      const pool = new pg.Pool({ connectionString: postgres, application_name: table })
      const store = postgresStore(pool, { table })
      await store.migrate()
      await store.create('id', record)
      await control.query(`BEGIN; SELECT 1 FROM ${table} FOR UPDATE`)
      const update = expect(store.update('id', next)).rejects.toThrow('terminating connection')
      await vi.waitFor(async () => {
        const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = $1"
        await control.query('SELECT pg_stat_clear_snapshot()')
        expect((await control.query(waiting, [table])).rowCount).toBe(1)
      }, PATIENCE)
      await terminate(control, table)
      await update
      await control.query('ROLLBACK')
      expect(await store.load('id')).toEqual(record)
      expect(await store.update('id', next)).toBe(true)
      await pool.end()
    })
  })

  it('that is idle, a store on postgres.js goes on with a new one', async () => {
    await withTable(async (control, table) => {
      const sql = connect(postgres as string, { max: 1, connection: { application_name: table } })
      const store = postgresStore(sql, { table })
      await store.migrate()
      await store.create('id', record)
      await terminate(control, table)
      await vi.waitFor(async () => expect(await store.load('id')).toEqual(record), PATIENCE)
      expect(await store.update('id', next)).toBe(true)
      await sql.end()
    })
  })
})

describe.skipIf(mariadb === undefined)('when MariaDB ends a connection', () => {
  it('that is idle, a store on a pool of mysql2 goes on with a new one', async () => {
    const table = newTable()
    const control = await mysql.createConnection(mariadb as string)
    const pool = mysql.createPool({ uri: mariadb as string, connectionLimit: 1 })
    try {
      const store = mysqlStore(pool, { table })
      await store.migrate()
      await store.create('id', record)
      const [rows] = await pool.query<mysql.RowDataPacket[]>('SELECT CONNECTION_ID() AS connection')
      await control.query('KILL ?', [rows[0]?.connection])
      await vi.waitFor(async () => expect(await store.load('id')).toEqual(record), PATIENCE)
      expect(await store.update('id', next)).toBe(true)
    } finally {
      await control.query(`DROP TABLE IF EXISTS ${table}`)
      await control.end()
      await pool.end()
    }
  })
})

describe.skipIf(mariadb === undefined)('when MariaDB takes no writes any more on a connection', () => {
  it('a store on a pool of mysql2 fails once, writes nothing, and goes on with a new one', async () => {
    const table = newTable()
    const pool = mysql.createPool({ uri: mariadb as string, connectionLimit: 1 })
    try {
      const store = mysqlStore(pool, { table })
      await store.migrate()
      await store.create('id', record)
      await pool.query('SET SESSION TRANSACTION READ ONLY')
      await expect(store.update('id', next)).rejects.toMatchObject({ code: 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION' })
      expect(await store.load('id')).toEqual(record)
      expect(await store.update('id', next)).toBe(true)
    } finally {
      await pool.query(`DROP TABLE IF EXISTS ${table}`)
      await pool.end()
    }
  })
})

describe('an error of MySQL, of which a pool of mysql2', () => {
  /** What becomes of the connection, and how often it was asked. */
  async function afterError(code: string, errno: number, message: string): Promise<string[]> {
    const done: string[] = []
    const error = Object.assign(new Error(message), { code, errno })
    const connection = {
      config: { charsetNumber: 45 },
      async execute({ sql }: { sql: string }): Promise<never> {
        done.push(sql.split(' ')[0] as string)
        throw error
      },
      release: () => done.push('released'),
      destroy: () => done.push('destroyed'),
    }
    const pool = { ...connection, format: () => '', getConnection: async () => ({ ...connection, connection }) }
    await expect(mysqlStore(pool).delete('id')).rejects.toBe(error)
    return done
  }

  it.each([
    [
      'ER_OPTION_PREVENTS_STATEMENT',
      1290,
      'The MariaDB server is running with the --read-only option so it cannot execute this statement',
    ],
    [
      'ER_OPTION_PREVENTS_STATEMENT',
      1290,
      'The MySQL server is running with the --super-read-only option so it cannot execute this statement',
    ],
    ['ER_READ_ONLY_MODE', 1836, 'Running in read-only mode'],
    ['ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION', 1792, 'Cannot execute statement in a READ ONLY transaction.'],
  ])('gives up the connection, and does not write again: %s %i %s', async (code, errno, message) => {
    expect(await afterError(code, errno, message)).toEqual(['DELETE', 'destroyed'])
  })

  it('keeps the connection, where another option prevents the statement', async () => {
    const message =
      'The MySQL server is running with the --skip-grant-tables option so it cannot execute this statement'
    expect((await afterError('ER_OPTION_PREVENTS_STATEMENT', 1290, message)).at(-1)).toBe('released')
  })
})

describe.skipIf(!hasBetterSqlite3)('when another process holds the lock of an SQLite file', () => {
  it('for longer than the timeout, a write throws, loses nothing, and works later', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-busy-'))
    const open = () => new Database(join(folder, 'sessions.db'), { timeout: 1 })
    const [db, other] = [open(), open()]
    try {
      db.pragma('journal_mode = WAL')
      const store = sqliteStore(db)
      store.migrate()
      store.create('id', record)
      other.exec('BEGIN IMMEDIATE')
      for (const write of [
        () => store.create('new', record),
        () => store.update('id', next),
        () => store.touch('id', NOW, 1),
        () => store.delete('id'),
        () => store.deleteByOwner('ada'),
        () => store.deleteExpired(NOW, 10),
        () => store.clear(),
      ]) {
        expect(write).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }))
      }
      expect(store.load('id')).toEqual(record)
      other.exec('ROLLBACK')
      expect(store.load('new')).toBeUndefined()
      expect(store.update('id', next)).toBe(true)
    } finally {
      db.close()
      other.close()
      rmSync(folder, { recursive: true })
    }
  })
})

describe('when there is no server', () => {
  it('every operation is an error, never "there is no session"', async () => {
    const pool = new pg.Pool({ host: '127.0.0.1', port: 1 })
    await expect(postgresStore(pool).load('id')).rejects.toThrow('ECONNREFUSED')
    await expect(mysqlStore(mysql.createPool({ host: '127.0.0.1', port: 1 })).load('id')).rejects.toThrow(
      'ECONNREFUSED',
    )
    await pool.end()
  })
})
