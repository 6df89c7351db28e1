import pg from 'pg'
import { afterAll } from 'vitest'
import { findServer } from '../../../store-testing/test/server.js'

/** The address of the Redis that tests use, or `undefined` after saying that there is none. */
export function findRedis(): Promise<string | undefined> {
  return findServer('Redis', 'REDIS_URL', 'redis://127.0.0.1:6379')
}

/** A pool of the PostgreSQL that tests use, on a schema of its own. */
export async function postgres(schema: string): Promise<pg.Pool | undefined> {
  const url = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/postgres')
  if (url === undefined) return undefined
  const pool = new pg.Pool({ connectionString: url })
  await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE; CREATE SCHEMA "${schema}"`)
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)
    await pool.end()
  })
  return pool
}
