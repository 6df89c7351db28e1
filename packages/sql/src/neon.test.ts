import { testStore } from '@fetch-sessions/store-testing'
import { neon, neonConfig, Pool } from '@neondatabase/serverless'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { openNeonProxy } from '../test/neon-proxy.js'
import { newTable } from '../test/table.js'
import { postgresStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')

describe.skipIf(postgres === undefined)('Neon’s driver for HTTP', () => {
  const control = new pg.Pool({ connectionString: postgres })
  const sql = neon('postgres://user:password@db.localhost/test')
  let proxy: Awaited<ReturnType<typeof openNeonProxy>> | undefined
  beforeAll(async () => {
    proxy = await openNeonProxy(postgres as string)
    neonConfig.fetchEndpoint = () => proxy?.url ?? ''
  })
  afterAll(async () => {
    await proxy?.close()
    await control.end()
  })

  testStore(
    'postgresStore(neon(url))',
    async () => {
      const table = newTable()
      const store = postgresStore(sql, { table })
      await store.migrate()
      return { store, close: () => control.query(`DROP TABLE ${table}`) }
    },
    { describe, it: (name, body) => it(name, body, 60_000) },
  )

  it('says what to do where there is no table', async () => {
    const store = postgresStore(sql, { table: newTable() })
    await expect(store.load('id')).rejects.toThrow(/call the store's migrate\(\)/)
  })

  it('is asked by a pool of Neon’s that is set to do so, and opens no connection', async () => {
    const table = newTable()
    neonConfig.poolQueryViaFetch = true
    const pool = new Pool({ connectionString: 'postgres://user:password@db.localhost/test' })
    const connect = vi.spyOn(pool, 'connect')
    try {
      const store = postgresStore(pool, { table })
      await store.migrate()
      expect(await store.load('id')).toBeUndefined()
      expect(await store.delete('id')).toBe(false)
      expect(connect).not.toHaveBeenCalled()
    } finally {
      neonConfig.poolQueryViaFetch = false
      await pool.end()
      await control.query(`DROP TABLE IF EXISTS ${table}`)
    }
  })
})
