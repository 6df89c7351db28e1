import type { SessionRecord } from '@fetch-sessions/core'
import mysql from 'mysql2/promise'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { newTable } from '../test/table.js'
import { type AsyncSqlStore, mysqlStore } from './index.js'

const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

const NOW = Date.now()
const record: SessionRecord = { data: '"š😀"', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'š😀', version: 1 }

/** Each call that a store has, of which the first one is the first on its connection. */
const calls: Record<string, (store: AsyncSqlStore) => Promise<unknown>> = {
  migrate: (store) => store.migrate(),
  load: (store) => store.load('id'),
  create: (store) => store.create('new', record),
  update: (store) => store.update('id', { ...record, version: 2 }),
  touch: (store) => store.touch('id', NOW, 1),
  delete: (store) => store.delete('id'),
  list: (store) => store.list(undefined, 10, NOW),
  listByOwner: (store) => store.listByOwner('š'),
  deleteByOwner: (store) => store.deleteByOwner('š'),
  deleteExpired: (store) => store.deleteExpired(NOW + 2e6, 10),
  clear: (store) => store.clear(),
}

describe.skipIf(mariadb === undefined)('mysqlStore, by the character set of its connection', () => {
  const control = mysql.createPool(mariadb ?? 'mysql://')
  const others = () => mysqlStore(control, { table })
  let table = ''
  beforeEach(async () => {
    table = newTable()
    await others().migrate()
    // An owner that latin1 makes of `š`.
    await others().create('id', { ...record, owner: 'a' })
  })
  afterEach(async () => void (await control.query(`DROP TABLE ${table}`)))
  afterAll(() => control.end())

  it.each<[string, mysql.PoolOptions, string?]>([
    ['that the client sets', { charset: 'LATIN1_SWEDISH_CI' }],
    ['that keeps no emoji', { charset: 'UTF8_GENERAL_CI' }],
    ['that SET NAMES sets', {}, 'SET NAMES latin1'],
    ['that SET NAMES sets, and that keeps no emoji', {}, 'SET NAMES utf8'],
    // The server does not know it, and takes its default.
    ['of a newer server', { charset: 'UTF8MB4_0900_AI_CI' }, "SET character_set_results = 'latin1'"],
  ])('writes and reads nothing in one %s', async (_, options, statement) => {
    for (const [name, call] of Object.entries(calls)) {
      const pool = mysql.createPool({ uri: mariadb as string, connectionLimit: 1, ...options })
      try {
        if (statement !== undefined) await pool.query(statement)
        const store = mysqlStore(pool, { table })
        for (let i = 0; i < 2; i++)
          await expect(call(store), name).rejects.toThrow(
            /^fetch-sessions: the connection's character set is not utf8mb4/,
          )
      } finally {
        await pool.end()
      }
    }
    expect(await others().load('id')).toEqual({ ...record, owner: 'a' })
    expect(await others().load('new')).toBeUndefined()
  })

  it('finds out by a read that the server has another one than the client says', async () => {
    const connection = await mysql.createConnection(mariadb as string)
    try {
      await connection.query("SET NAMES utf8mb4, character_set_results = 'latin1'")
      await expect(mysqlStore(connection, { table }).load('id')).rejects.toThrow('character set is not utf8mb4')
    } finally {
      await connection.end()
    }
  })

  it.each<[string, mysql.PoolOptions, string?]>([
    ['as it is by default', {}],
    ['utf8mb4, by its name', { charset: 'utf8mb4' }],
    ['utf8mb4, with a collation of its own', { charset: 'UTF8MB4_BIN' }],
    ['utf8mb4, by SET NAMES', { charset: 'LATIN1_SWEDISH_CI' }, 'SET NAMES utf8mb4'],
    ['utf8mb4, and none for results', {}, 'SET character_set_results = NULL'],
    ['utf8mb4, by a number of newer servers', { charset: 'UTF8MB4_0900_AI_CI' }, "SET NAMES 'utf8mb4'"],
  ])('keeps every text in one %s', async (_, options, statement) => {
    const pool = mysql.createPool({ uri: mariadb as string, connectionLimit: 1, ...options })
    try {
      if (statement !== undefined) await pool.query(statement)
      const store = mysqlStore(pool, { table })
      expect(await store.create('new', record)).toBe(true)
      expect(await others().load('new')).toEqual(record)
      expect(await store.load('new')).toEqual(record)
      expect(await store.deleteByOwner('š😀')).toBe(1)
      expect(await others().load('id')).toBeDefined()
    } finally {
      await pool.end()
    }
  })

  it('asks nothing before a write in one that every server has', async () => {
    const pool = mysql.createPool({ uri: mariadb as string, connectionLimit: 1 })
    try {
      const questions = async () => {
        const [rows] = await pool.query<mysql.RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Com_stmt_execute'")
        return Number(rows[0]?.Value)
      }
      const before = await questions()
      await mysqlStore(pool, { table }).create('new', record)
      expect((await questions()) - before).toBe(1)
    } finally {
      await pool.end()
    }
  })
})
