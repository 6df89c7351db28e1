import type { SessionRecord } from '@fetch-sessions/core'
import { createClient } from '@libsql/client'
import pg from 'pg'
import { expect, it, vi } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { PATIENCE } from '../test/patience.js'
import { newTable } from '../test/table.js'
import { postgresStore, sqliteStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')

const NOW = Date.now()
const record: SessionRecord = { data: '', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'ada', version: 1 }

it.skipIf(postgres === undefined)(
  'deleteByOwner finds what a session was regenerated to while it waited for another session',
  async () => {
    const pool = new pg.Pool({ connectionString: postgres })
    const writer = await pool.connect()
    const table = newTable()
    try {
      const store = postgresStore(pool, { table })
      await store.migrate()
      await store.create('written', record)
      await store.create('old', record)
      await writer.query(`BEGIN; SELECT 1 FROM ${table} WHERE id = 'written' FOR UPDATE`)
      const deleted = store.deleteByOwner('ada')
      await vi.waitFor(async () => {
        const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1"
        expect((await pool.query(waiting, [`DELETE FROM "${table}"%`])).rowCount).toBe(1)
      }, PATIENCE)
      await store.create('successor', record)
      const marker = { ...record, owner: undefined, version: 2 }
      expect(await store.update('old', marker)).toBe(true)
      await writer.query('COMMIT')
      expect(await deleted).toBe(2)
      expect(await store.load('old')).toMatchObject(marker)
      expect(await store.load('successor')).toBeUndefined()
    } finally {
      await writer.query('ROLLBACK')
      writer.release()
      await pool.query(`DROP TABLE IF EXISTS ${table}`)
      await pool.end()
    }
  },
)

it('deleteByOwner ends with an error when others make sessions as fast as it removes them', async () => {
  const client = createClient({ url: ':memory:' })
  const store = sqliteStore(client)
  await store.migrate()
  await store.create('id', record)
  await client.execute(`CREATE TRIGGER again AFTER DELETE ON fetch_sessions BEGIN
    INSERT INTO fetch_sessions (id, data, created_at, expires_at, owner, version)
    VALUES (hex(randomblob(16)), '', OLD.created_at, OLD.expires_at, OLD.owner, 1);
  END`)
  await expect(store.deleteByOwner('ada')).rejects.toThrow(/^fetch-sessions: deleteByOwner removed 100 sessions, and/)
  client.close()
})
