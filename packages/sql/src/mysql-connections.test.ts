import type { SessionRecord } from '@fetch-sessions/core'
import mysql from 'mysql2/promise'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { newTable } from '../test/table.js'
import { mysqlStore } from './index.js'

const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

const NOW = Date.now()
const record: SessionRecord = { data: '1', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'ada', version: 1 }
const next: SessionRecord = { ...record, data: '2', version: 2 }

describe.skipIf(mariadb === undefined)('mysqlStore', () => {
  const control = mysql.createPool(mariadb ?? 'mysql://')
  let table = ''
  beforeEach(async () => {
    table = newTable()
    await mysqlStore(control, { table }).migrate()
  })
  afterEach(async () => void (await control.query(`DROP TABLE ${table}`)))
  afterAll(() => control.end())

  describe('on connections without autocommit', () => {
    /** Whatever there is, a pool or one connection. */
    const opened: Record<string, () => Promise<{ client: mysql.Pool | mysql.Connection; end(): Promise<void> }>> = {
      async 'of a pool'() {
        const pool = mysql.createPool({ uri: mariadb as string, connectionLimit: 2 })
        pool.pool.on('connection', (connection) => connection.query('SET autocommit = 0'))
        return { client: pool, end: () => pool.end() }
      },
      async 'that are one connection'() {
        const connection = await mysql.createConnection(mariadb as string)
        await connection.query('SET autocommit = 0')
        return { client: connection, end: () => connection.end() }
      },
    }

    it.each(Object.entries(opened))('keeps what it writes, and sees what others write, %s', async (_, open) => {
      const { client, end } = await open()
      try {
        const store = mysqlStore(client, { table })
        const others = mysqlStore(control, { table })
        expect(await store.load('id')).toBeUndefined()
        expect(await store.create('id', record)).toBe(true)
        expect(await others.load('id')).toEqual(record)
        expect(await store.load('id')).toEqual(record)
        expect(await others.update('id', next)).toBe(true)
        expect(await store.load('id')).toEqual(next)
        expect(await store.touch('id', record.expiresAt + 1, 2)).toBe(true)
        expect((await others.load('id'))?.expiresAt).toBe(record.expiresAt + 1)
        expect(await others.delete('id')).toBe(true)
        expect(await store.load('id')).toBeUndefined()
        expect(await store.listByOwner('ada')).toEqual([])
      } finally {
        await end()
      }
    })

    it.each(Object.entries(opened))('locks nothing when a write gave false, %s', async (_, open) => {
      const { client, end } = await open()
      try {
        const store = mysqlStore(client, { table })
        const others = mysqlStore(control, { table })
        await others.create('id', record)
        expect(await store.create('id', record)).toBe(false)
        expect(await others.update('id', next)).toBe(true)
        expect(await store.update('id', next)).toBe(false)
        expect(await others.delete('id')).toBe(true)
      } finally {
        await end()
      }
    })
  })

  it('parts no statement from its commit, where several are under way on one connection', async () => {
    const connection = await mysql.createConnection(mariadb as string)
    try {
      await connection.query('SET autocommit = 0')
      // Two stores may share one connection.
      const [store, other] = [mysqlStore(connection, { table }), mysqlStore(connection, { table })]
      for (const id of ['taken', 'updated', 'ended']) await store.create(id, record)
      for (let round = 0; round < 5; round++) {
        const told = await Promise.all([
          store.create('taken', record),
          other.update('updated', { ...record, version: round + 2 }),
          store.create('taken', record),
          round === 0 && other.delete('ended'),
          store.load('taken'),
        ])
        expect(told.slice(0, 4)).toEqual([false, true, false, round === 0])
      }
      await connection.query('ROLLBACK')
      const others = mysqlStore(control, { table })
      expect((await others.load('updated'))?.version).toBe(6)
      expect(await others.load('ended')).toBeUndefined()
    } finally {
      await connection.end()
    }
  })

  it.each(['SET @written = 1', 'INSERT INTO %s_audit VALUES (NULL)'])(
    'knows which row it has written where a trigger does %s',
    async (trigger) => {
      await control.query(`CREATE TABLE ${table}_audit (n INT PRIMARY KEY AUTO_INCREMENT)`)
      try {
        for (const event of ['INSERT', 'UPDATE'])
          await control.query(
            `CREATE TRIGGER ${table}_${event} AFTER ${event} ON ${table} FOR EACH ROW ${trigger.replace('%s', table)}`,
          )
        const store = mysqlStore(control, { table })
        expect(await store.create('id', record)).toBe(true)
        expect(await store.create('id', record)).toBe(false)
        expect(await store.update('id', next)).toBe(true)
        expect(await store.update('id', next)).toBe(false)
        expect(await store.touch('id', record.expiresAt + 1, 2)).toBe(true)
        expect(await store.touch('id', record.expiresAt + 1, 3)).toBe(false)
        expect((await store.load('id'))?.expiresAt).toBe(record.expiresAt + 1)
        expect(await store.delete('id')).toBe(true)
      } finally {
        await control.query(`DROP TABLE ${table}_audit`)
      }
    },
  )

  it('goes on after a packet that the server finds too large', async () => {
    const [rows] = await control.query<mysql.RowDataPacket[]>('SELECT @@max_allowed_packet AS bytes')
    const data = 'x'.repeat(Number(rows[0]?.bytes) + 1000)
    const pool = mysql.createPool({ uri: mariadb as string, connectionLimit: 1 })
    try {
      const store = mysqlStore(pool, { table })
      await store.create('id', record)
      for (let i = 0; i < 3; i++) {
        await expect(store.update('id', { ...next, data })).rejects.toThrow()
        expect(await store.load('id')).toEqual(record)
      }
      expect(await store.update('id', next)).toBe(true)
    } finally {
      await pool.end()
    }
  }, 60_000)

  describe('on a connection that was given back to the pool with its transaction open', () => {
    it('says that a write was not stored, and the next one is', async () => {
      const pool = mysql.createPool({ uri: mariadb as string, connectionLimit: 1 })
      const others = mysqlStore(control, { table })
      try {
        const store = mysqlStore(pool, { table })
        await store.create('id', record)
        const writes: [string, () => Promise<unknown>][] = [
          ['create', () => store.create('new', record)],
          ['update', () => store.update('id', next)],
          ['touch', () => store.touch('id', record.expiresAt + 1, 1)],
          ['delete', () => store.delete('id')],
          ['deleteByOwner', () => store.deleteByOwner('ada')],
          ['deleteExpired', () => store.deleteExpired(record.expiresAt, 10)],
          ['clear', () => store.clear()],
        ]
        for (const [name, write] of writes) {
          const connection = await pool.getConnection()
          await connection.beginTransaction()
          connection.release()
          await expect(write(), name).rejects.toThrow(/gave a connection back to the pool while a transaction was open/)
          expect(await others.load('id'), name).toEqual(record)
          expect(await others.load('new'), name).toBeUndefined()
        }
        expect(await store.delete('id')).toBe(true)
        expect(await others.load('id')).toBeUndefined()
      } finally {
        await pool.end()
      }
    })

    it('writes into the transaction of a connection of its own, whose holder commits it', async () => {
      const connection = await mysql.createConnection(mariadb as string)
      try {
        const store = mysqlStore(connection, { table })
        await connection.beginTransaction()
        expect(await store.create('id', record)).toBe(true)
        await connection.rollback()
        expect(await store.load('id')).toBeUndefined()
      } finally {
        await connection.end()
      }
    })
  })

  it('gives back each connection of a pool, and no other', async () => {
    const pool = mysql.createPool({ uri: mariadb as string, connectionLimit: 1 })
    const connection = await pool.getConnection()
    const store = mysqlStore(connection, { table })
    for (let i = 0; i < 3; i++) expect(await store.load('id')).toBeUndefined()
    connection.release()
    const again = mysqlStore(pool, { table })
    for (let i = 0; i < 3; i++) expect(await again.load('id')).toBeUndefined()
    await pool.end()
  })
})
