import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { SessionRecord } from '@fetch-sessions/core'
import pg from 'pg'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { newTable } from '../test/table.js'
import { postgresStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')

const NOW = Date.now()
const record: SessionRecord = { data: '1', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'ada', version: 1 }

describe.skipIf(postgres === undefined)('a store on a pool of pg', () => {
  const control = new pg.Pool({ connectionString: postgres })
  let pool: pg.Pool
  let table = ''
  beforeEach(async () => {
    table = newTable()
    pool = new pg.Pool({ connectionString: postgres, max: 1 })
    await postgresStore(pool, { table }).migrate()
    await postgresStore(pool, { table }).create('id', record)
  })
  afterEach(async () => {
    await pool.end()
    await control.query(`DROP TABLE ${table}`)
  })
  afterAll(() => control.end())

  it('says that a write was not stored, on a connection given back with its transaction open, and the next one is', async () => {
    const [store, others] = [postgresStore(pool, { table }), postgresStore(control, { table })]
    const writes: [string, () => Promise<unknown>][] = [
      ['create', () => store.create('new', record)],
      ['update', () => store.update('id', { ...record, version: 2 })],
      ['touch', () => store.touch('id', NOW, 1)],
      ['delete', () => store.delete('id')],
      ['deleteByOwner', () => store.deleteByOwner('ada')],
      ['deleteExpired', () => store.deleteExpired(NOW + 2e6, 10)],
      ['clear', () => store.clear()],
    ]
    for (const [name, write] of writes) {
      const client = await pool.connect()
      await client.query('BEGIN')
      client.release()
      await expect(write(), name).rejects.toThrow(/gave a connection back to the pool while a transaction was open/)
      expect(await others.load('id'), name).toEqual(record)
      expect(await others.load('new'), name).toBeUndefined()
    }
    expect(await store.delete('id')).toBe(true)
    expect(await others.load('id')).toBeUndefined()
  })

  it('reads on such a connection, and leaves it', async () => {
    const store = postgresStore(pool, { table })
    const client = await pool.connect()
    await client.query('BEGIN')
    client.release()
    expect(await store.load('id')).toEqual(record)
    expect(await store.delete('id')).toBe(true)
    expect(await postgresStore(control, { table }).load('id')).toBeUndefined()
  })

  it('keeps its one connection, whatever a statement gives', async () => {
    const store = postgresStore(pool, { table })
    const pid = async () => (await pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
    const before = await pid()
    await store.load('id')
    await store.create('id', record)
    await store.update('id', { ...record, version: 7 })
    expect(await pid()).toBe(before)
    await expect(postgresStore(pool, { table: newTable() }).load('id')).rejects.toThrow('has no table')
    expect(await store.load('id')).toEqual(record)
  })

  it('works with a pg-native that is older than pg, whose client then fails to tell of a transaction', async () => {
    class OldNative extends pg.Client {
      override getTransactionStatus(): never {
        throw new TypeError('this.native.getTransactionStatus is not a function')
      }
    }
    const native = new pg.Pool({ connectionString: postgres, Client: OldNative })
    try {
      const store = postgresStore(native, { table })
      expect(await store.load('id')).toEqual(record)
      expect(await store.delete('id')).toBe(true)
      expect(native.idleCount).toBe(1)
    } finally {
      await native.end()
    }
  })
})

describe('a connection of a pool that the server ends in the packet that says it is ready', () => {
  const message = (type: string, body: string): Buffer => {
    const head = Buffer.from(`${type}0000`)
    head.writeInt32BE(4 + body.length, 1)
    return Buffer.concat([head, Buffer.from(body)])
  }
  const authenticated = message('R', '\0\0\0\0')
  const ready = message('Z', 'I')
  const terminated = message('E', 'SFATAL\0C57P01\0Mterminating connection\0\0')

  it('fails the call, and does not end the process', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(Buffer.concat([authenticated, ready, terminated])))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'ada', database: 'ada', ssl: false })
    pool.on('error', () => {})
    try {
      await expect(postgresStore(pool).load('id')).rejects.toThrow()
    } finally {
      await pool.end()
      server.close()
    }
  })
})
