import type { SessionRecord } from '@fetch-sessions/core'
import pg from 'pg'
import { expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { newTable } from '../test/table.js'
import { postgresStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')

interface Asked {
  text: string
  values: (string | number | null)[]
}

/**
 * A client that names statements by their order, behind a pooler that does not know their names: a connection runs what
 * another client has prepared under the same name, with the values of this one.
 */
it.skipIf(postgres === undefined)(
  'a statement that removes sessions removes none with the values of another statement',
  async () => {
    const pool = new pg.Pool({ connectionString: postgres })
    const table = newTable()
    const asked: Asked[] = []
    const store = postgresStore(
      {
        connect: () => pool.connect(),
        query(query: Asked) {
          asked.push(query)
          return pool.query<unknown[]>(query)
        },
      },
      { table },
    )
    const now = Date.now()
    const record: SessionRecord = { data: '{}', createdAt: now, expiresAt: now + 1e6, owner: 'ada', version: 1 }
    try {
      await store.migrate()
      asked.length = 0
      await store.create('id', record)
      await store.create('expired', { ...record, expiresAt: now - 1 })
      await store.load('id')
      await store.update('id', { ...record, version: 2 })
      await store.touch('id', record.expiresAt, 2)
      await store.list(undefined, 100, now)
      await store.listByOwner('ada')
      await store.deleteByOwner('ada', 'id')
      await store.deleteExpired(now, 100)
      await store.delete('another')
      await store.clear()
      const removals = asked.filter(({ text }) => text.startsWith('DELETE'))
      expect(removals).toHaveLength(4)
      await store.create('id', record)
      await store.create('expired', { ...record, expiresAt: now - 1 })
      const count = async () => (await pool.query(`SELECT id FROM ${table}`)).rows.length
      for (const { text } of removals)
        for (const other of asked.filter((one) => one.text !== text)) {
          await pool.query(text, other.values).catch(() => {})
          expect(await count(), `${text} with the values of ${other.text}`).toBe(2)
        }
    } finally {
      await pool.query(`DROP TABLE IF EXISTS ${table}`)
      await pool.end()
    }
  },
)
