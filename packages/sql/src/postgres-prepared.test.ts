import type { SessionRecord } from '@fetch-sessions/core'
import pg from 'pg'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { newTable } from '../test/table.js'
import { type AsyncSqlStore, postgresStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')

const NOW = Date.now()
const record: SessionRecord = { data: '1', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'ada', version: 1 }

/** Uses each statement once, and what it answers. */
async function expectAllWork(store: AsyncSqlStore): Promise<void> {
  expect(await store.create('id', record)).toBe(true)
  expect(await store.create('expired', { ...record, owner: 'eve', expiresAt: NOW })).toBe(true)
  expect(await store.load('id')).toEqual(record)
  expect(await store.update('id', { ...record, version: 2 })).toBe(true)
  expect(await store.touch('id', record.expiresAt, 2)).toBe(true)
  expect((await store.list(undefined, 10, NOW)).entries).toHaveLength(1)
  expect(await store.listByOwner('ada')).toHaveLength(1)
  expect(await store.deleteByOwner('ada', 'id')).toBe(0)
  expect(await store.deleteExpired(NOW, 10)).toBe(1)
  expect(await store.delete('id')).toBe(true)
  await store.clear()
}

describe.skipIf(postgres === undefined)('what postgresStore has prepared', () => {
  const pool = new pg.Pool({ connectionString: postgres, max: 1 })
  let table = ''
  beforeEach(async () => {
    table = newTable()
    await postgresStore(pool, { table }).migrate()
  })
  afterEach(async () => void (await pool.query(`DROP TABLE ${table}`)))
  afterAll(() => pool.end())

  it.each(['DISCARD ALL', 'DEALLOCATE ALL'])('may be forgotten by %s, on a Client', async (statement) => {
    const client = new pg.Client({ connectionString: postgres })
    await client.connect()
    try {
      const store = postgresStore(client, { table })
      await expectAllWork(store)
      await client.query(statement)
      await expectAllWork(store)
      await expectAllWork(store)
    } finally {
      await client.end()
    }
  })

  it('may be forgotten by DISCARD ALL, on a connection of a pool', async () => {
    const store = postgresStore(pool, { table })
    await expectAllWork(store)
    await pool.query('DISCARD ALL')
    await expectAllWork(store)
  })

  it('may not fit any more, since columns have other types', async () => {
    const store = postgresStore(pool, { table })
    await expectAllWork(store)
    await pool.query(
      `ALTER TABLE ${table} ALTER version TYPE bigint, ALTER id TYPE varchar(64), ALTER owner TYPE varchar(64)`,
    )
    await expectAllWork(store)
  })
})
