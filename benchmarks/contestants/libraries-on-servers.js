// Other libraries with the stores that people use them with.

import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import expressSession from 'express-session'
import { expressSessions } from './express.js'
import { honoSessions } from './hono-sessions.js'
import { PREFIX, postgresPool, redisClient, TABLE } from './servers.js'

const DAY_SECONDS = 86_400

export const expressRedis = async (options) =>
  expressSessions({
    ...options,
    store: new RedisStore({ client: await redisClient(), prefix: `${PREFIX}-express:` }),
  })

export const expressPostgres = async (options) =>
  expressSessions({
    ...options,
    store: new (connectPgSimple(expressSession))({
      pool: postgresPool(),
      tableName: `${TABLE}_express`,
      createTableIfMissing: true,
      pruneSessionInterval: false,
    }),
  })

/** It publishes no store of Redis: this is the one that its README asks people to write. */
export async function honoSessionsRedis(options) {
  const client = await redisClient()
  const keyOf = (id) => `${PREFIX}-hono-sessions:${id}`
  const save = (id, data) => client.set(keyOf(id), JSON.stringify(data), { EX: DAY_SECONDS })
  return honoSessions({
    ...options,
    store: {
      getSessionById: async (id) => JSON.parse((await client.get(keyOf(id ?? ''))) ?? 'null'),
      createSession: save,
      persistSessionData: save,
      deleteSession: (id) => client.unlink(keyOf(id)),
    },
  })
}
