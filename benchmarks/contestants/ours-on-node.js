// fetch-sessions with what only Node has: its own crypto, and clients of servers.
import { nodeSigner } from '@fetch-sessions/core/node'
import { redisStore } from '@fetch-sessions/redis'
import { postgresStore } from '@fetch-sessions/sql'
import pg from 'pg'
import { createClient } from 'redis'
import { oursHono } from './ours.js'

const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const POSTGRES_URL = process.env.POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/test'

const PREFIX = 'fetch-sessions-benchmarks:'
const TABLE = 'fetch_sessions_benchmarks'

export const oursHonoNode = (options) => oursHono({ ...options, signer: nodeSigner })

export const oursHonoRedis = async (options) =>
  oursHono({ ...options, store: redisStore(await redisClient(), { prefix: PREFIX }) })

export async function oursHonoPostgres(options) {
  const store = postgresStore(new pg.Pool({ connectionString: POSTGRES_URL }), { table: TABLE })
  await store.migrate()
  return oursHono({ ...options, store })
}

/** Removes what was stored in servers. One that does not run holds nothing. */
export async function cleanUp() {
  await Promise.allSettled([emptyRedis(), dropTable()])
}

async function emptyRedis() {
  const client = await redisClient()
  await redisStore(client, { prefix: PREFIX }).clear()
  await client.close()
}

async function dropTable() {
  const pool = new pg.Pool({ connectionString: POSTGRES_URL })
  await pool.query(`DROP TABLE IF EXISTS ${TABLE}`)
  await pool.end()
}

function redisClient() {
  const client = createClient({ url: REDIS_URL, disableOfflineQueue: true, socket: { reconnectStrategy: false } })
  return client.on('error', () => {}).connect()
}
