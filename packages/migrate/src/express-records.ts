import { isObject, parseObject } from './check.js'
import type { OldRecords } from './express-store.js'

/** What is asked of a client of Redis: node-redis, ioredis and Upstash's have it. */
export interface RedisReader {
  get(key: string): Promise<unknown>
  del(key: string): Promise<unknown>
}

/** What is asked of PostgreSQL: a pool or a client of `pg` has it, and so have Neon and PGlite. */
export interface PostgresReader {
  // biome-ignore lint/suspicious/noExplicitAny: the rows of a client are of any type
  query(text: string, values: any[]): Promise<{ rows: any[] }>
}

/**
 * What `connect-redis` has stored, read without it: for a runtime on which express-session is not installed.
 * `prefix`: as `RedisStore` had it, default `sess:`.
 */
export function connectRedisRecords(client: RedisReader, { prefix = 'sess:' }: { prefix?: string } = {}): OldRecords {
  if (!isObject(client) || typeof client.get !== 'function' || typeof client.del !== 'function') {
    throw new TypeError('fetch-sessions: connectRedisRecords takes a client of Redis, with get and del')
  }
  return {
    kind: 'records',
    async get(sid) {
      const value = await client.get(prefix + sid)
      // Upstash's client has parsed it already.
      return typeof value === 'string' ? parseObject(value) : value
    },
    destroy: (sid) => client.del(prefix + sid),
  }
}

/**
 * What `connect-pg-simple` has stored, read without it. `tableName` and `schemaName`: as the store had them, default
 * `session` and none.
 */
export function connectPgSimpleRecords(
  client: PostgresReader,
  { tableName = 'session', schemaName }: { tableName?: string; schemaName?: string } = {},
): OldRecords {
  if (typeof client?.query !== 'function') {
    throw new TypeError('fetch-sessions: connectPgSimpleRecords takes a pool or client of PostgreSQL, with query')
  }
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
  const table = (schemaName === undefined ? '' : `${quoted(schemaName)}.`) + quoted(tableName)
  return {
    kind: 'records',
    async get(sid) {
      const now = Math.ceil(Date.now() / 1000)
      const { rows } = await client.query(`SELECT sess FROM ${table} WHERE sid = $1 AND expire >= to_timestamp($2)`, [
        sid,
        now,
      ])
      const sess: unknown = rows[0]?.sess
      return typeof sess === 'string' ? parseObject(sess) : sess
    },
    destroy: (sid) => client.query(`DELETE FROM ${table} WHERE sid = $1`, [sid]),
  }
}
