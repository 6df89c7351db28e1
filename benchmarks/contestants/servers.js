// The servers that contestants keep their sessions in, and how they are left clean.
import pg from 'pg'
import { createClient } from 'redis'

const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const POSTGRES_URL = process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test'

/** The keys in Redis, and the tables in PostgreSQL, begin with this and the contestant's own word. */
export const PREFIX = 'fetch-sessions-benchmarks'
export const TABLE = 'fetch_sessions_benchmarks'

export function redisClient() {
  const client = createClient({ url: REDIS_URL, disableOfflineQueue: true, socket: { reconnectStrategy: false } })
  return client.on('error', () => {}).connect()
}

export function postgresPool() {
  // It keeps its connections while others have their turns.
  return new pg.Pool({ connectionString: POSTGRES_URL, idleTimeoutMillis: 0 })
}

/** Removes what was stored in servers. One that does not run holds nothing. */
export async function cleanUp() {
  await Promise.allSettled([emptyRedis(), dropTables()])
}

async function emptyRedis() {
  const client = await redisClient()
  for await (const keys of client.scanIterator({ MATCH: `${PREFIX}*`, COUNT: 1000 })) {
    if (keys.length > 0) await client.unlink(keys)
  }
  await client.close()
}

async function dropTables() {
  const pool = postgresPool()
  const { rows } = await pool.query('SELECT tablename FROM pg_tables WHERE tablename LIKE $1', [`${TABLE}%`])
  for (const { tablename } of rows) await pool.query(`DROP TABLE IF EXISTS "${tablename}"`)
  await pool.end()
}
