// fetch-sessions with what only Node has: its own crypto, and clients of servers.
import { nodeSigner } from '@fetch-sessions/core/node'
import { redisStore } from '@fetch-sessions/redis'
import { postgresStore } from '@fetch-sessions/sql'
import { oursHono } from './ours.js'
import { PREFIX, postgresPool, redisClient, TABLE } from './servers.js'

export const oursHonoNode = (options) => oursHono({ ...options, signer: nodeSigner })

export const oursHonoRedis = async (options) =>
  oursHono({ ...options, store: redisStore(await redisClient(), { prefix: `${PREFIX}-ours:` }) })

export async function oursHonoPostgres(options) {
  const store = postgresStore(postgresPool(), { table: `${TABLE}_ours` })
  await store.migrate()
  return oursHono({ ...options, store })
}
