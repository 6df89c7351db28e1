import type { SessionRecord } from '@fetch-sessions/core'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { expect, it, vi } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { PATIENCE } from '../test/patience.js'
import { newTable } from '../test/table.js'
import { type AsyncSqlStore, mysqlStore, postgresStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

const NOW = Date.now()
const record: SessionRecord = { data: '', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'ada', version: 1 }

/** A transaction that gets into the store's way. */
interface Rival {
  lock(id: string): Promise<unknown>
  commit(): Promise<unknown>
  /** Resolves when the store's statement waits for a lock. */
  untilStoreWaits(): Promise<unknown>
}

/** The rival holds `b` while the store has `a` and waits for `b`; then the rival wants `a`. One of the two has to yield. */
async function expectRetried(store: AsyncSqlStore, rival: Rival): Promise<void> {
  await store.create('a', record)
  await store.create('b', record)
  await rival.lock('b')
  const deleted = store.deleteByOwner('ada')
  await rival.untilStoreWaits()
  await rival.lock('a')
  await rival.commit()
  expect(await deleted).toBe(2)
}

it.skipIf(postgres === undefined)(
  'a statement that PostgreSQL ends because of a deadlock is done again',
  async () => {
    const pool = new pg.Pool({ connectionString: postgres })
    const control = new pg.Client({ connectionString: postgres })
    await control.connect()
    const table = newTable()
    try {
      const store = postgresStore(pool, { table })
      await store.migrate()
      await control.query("SET deadlock_timeout = '1min'") // so that the store's statement is the one that is ended
      await control.query('BEGIN')
      await expectRetried(store, {
        lock: (id) => control.query(`SELECT 1 FROM ${table} WHERE id = '${id}' FOR UPDATE`),
        commit: () => control.query('COMMIT'),
        untilStoreWaits: () =>
          vi.waitFor(async () => {
            const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
            expect((await pool.query(waiting, [`DELETE FROM "${table}"%`])).rowCount).toBe(1)
          }, PATIENCE),
      })
    } finally {
      await control.query(`ROLLBACK; DROP TABLE IF EXISTS ${table}`)
      await control.end()
      await pool.end()
    }
  },
  20_000,
)

it.skipIf(mariadb === undefined)(
  'a statement that MariaDB ends because of a deadlock is done again',
  async () => {
    const pool = mysql.createPool(mariadb as string)
    const control = await mysql.createConnection(mariadb as string)
    const table = newTable()
    try {
      const store = mysqlStore(pool, { table })
      await store.migrate()
      // MariaDB ends the transaction that has changed less, so the rival changes much.
      await control.query(`CREATE TABLE ${table}_weight (n INT)`)
      await control.query('BEGIN')
      await control.query(`INSERT INTO ${table}_weight VALUES ${Array.from({ length: 500 }, () => '(1)')}`)
      await expectRetried(store, {
        lock: (id) => control.query(`SELECT 1 FROM ${table} WHERE id = '${id}' FOR UPDATE`),
        commit: () => control.query('COMMIT'),
        untilStoreWaits: () =>
          vi.waitFor(
            async () => {
              const waiting =
                "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE ?"
              expect((await pool.query(waiting, [`DELETE FROM %${table}%`]))[0]).toHaveLength(1)
              // Whoever asks more often than each tenth of a second is told what was so before.
            },
            { timeout: PATIENCE, interval: 300 },
          ),
      })
    } finally {
      await control.query('ROLLBACK')
      await control.query(`DROP TABLE IF EXISTS ${table}, ${table}_weight`)
      await control.end()
      await pool.end()
    }
  },
  20_000,
)

it.skipIf(mariadb === undefined)(
  'a statement that MariaDB ends because a row was written since its snapshot is done again',
  async () => {
    const connection = await mysql.createConnection(mariadb as string)
    const table = newTable()
    try {
      const store = mysqlStore(connection, { table })
      await store.migrate()
      // No statement of a store, alone in its transaction, could be made to end so.
      vi.spyOn(connection, 'execute').mockRejectedValueOnce(
        Object.assign(new Error('Record has changed since last read'), { code: 'ER_CHECKREAD', errno: 1020 }),
      )
      expect(await store.create('a', record)).toBe(true)
      expect(await store.load('a')).toEqual(record)
    } finally {
      await connection.query(`DROP TABLE IF EXISTS ${table}`)
      await connection.end()
    }
  },
)
