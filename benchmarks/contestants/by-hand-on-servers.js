// What people write by hand on a server of theirs: with nothing but a GET and a SET, and with what fetch-sessions promises.
import { Hono } from 'hono'
import { cachedTokens, randomToken } from './by-hand.js'
import { guardedApp } from './by-hand-guarded.js'
import { PREFIX, postgresPool, redisClient, TABLE } from './servers.js'
import { newData } from './visit.js'

const IDLE_SECONDS = 86_400

/** The last writer wins; each write makes the session live on. `get` and `set` take and give text. */
function plainApp({ get, set }, { size } = {}) {
  const { find, send } = cachedTokens()
  const load = async (id) => {
    const text = id === undefined ? undefined : await get(id)
    return text ? JSON.parse(text) : undefined
  }
  const fetch = new Hono()
    .get('/plain', (c) => c.text('plain'))
    .get('/read', async (c) => c.text(String((await load(await find(c)))?.count ?? 0)))
    .get('/write', async (c) => {
      const id = await find(c)
      const data = await load(id)
      const { key, value } =
        data === undefined ? { key: randomToken(), value: newData(size) } : { key: id, value: data }
      value.count++
      await set(key, JSON.stringify(value))
      if (key !== id) await send(c, key)
      return c.text(String(value.count))
    }).fetch
  return { fetch }
}

export async function plainRedis(options) {
  const client = await redisClient()
  const keyOf = (id) => `${PREFIX}-plain:${id}`
  return plainApp(
    { get: (id) => client.get(keyOf(id)), set: (id, text) => client.set(keyOf(id), text, { EX: IDLE_SECONDS }) },
    options,
  )
}

export async function plainPostgres(options) {
  const pool = postgresPool()
  const table = `${TABLE}_plain`
  await pool.query(`CREATE TABLE IF NOT EXISTS ${table} (id text PRIMARY KEY, data text, expires_at timestamptz)`)
  const query = (name, text, values) => pool.query({ name, text, values })
  const live = `SELECT data FROM ${table} WHERE id = $1 AND expires_at > now()`
  const upsert = `INSERT INTO ${table} VALUES ($1, $2, now() + interval '1 day')
    ON CONFLICT (id) DO UPDATE SET data = $2, expires_at = now() + interval '1 day'`
  return plainApp(
    {
      get: async (id) => (await query('get', live, [id])).rows[0]?.data,
      set: (id, text) => query('set', upsert, [id, text]),
    },
    options,
  )
}

/** Replaces a record whose version is the one before, in one trip. */
const REPLACE = `local v = redis.call('HGET', KEYS[1], 'version')
if v ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'record', ARGV[2], 'version', ARGV[3])
redis.call('PEXPIREAT', KEYS[1], ARGV[4])
return 1`

export async function guardedRedis(options) {
  const client = await redisClient()
  const sha = await client.scriptLoad(REPLACE)
  const keyOf = (id) => `${PREFIX}-guarded:${id}`
  return withoutSeed(
    guardedApp(
      {
        async load(id) {
          const text = await client.hGet(keyOf(id), 'record')
          return text ? JSON.parse(text) : undefined
        },
        create: (id, record) =>
          client
            .multi()
            .hSet(keyOf(id), { record: JSON.stringify(record), version: '1' })
            .pExpireAt(keyOf(id), record.expiresAt)
            .exec(),
        async update(id, record) {
          const args = [record.version - 1, JSON.stringify(record), record.version, record.expiresAt].map(String)
          return (await client.evalSha(sha, { keys: [keyOf(id)], arguments: args })) === 1
        },
      },
      options,
    ),
  )
}

export async function guardedPostgres(options) {
  const pool = postgresPool()
  const table = `${TABLE}_guarded`
  await pool.query(`CREATE TABLE IF NOT EXISTS ${table}
    (id text PRIMARY KEY, data text, version integer, created_at bigint, expires_at bigint)`)
  const query = (name, text, values) => pool.query({ name, text, values })
  return withoutSeed(
    guardedApp(
      {
        async load(id) {
          const { rows } = await query('load', `SELECT * FROM ${table} WHERE id = $1`, [id])
          const [row] = rows
          return row && { ...row, createdAt: Number(row.created_at), expiresAt: Number(row.expires_at) }
        },
        create: (id, { data, version, createdAt, expiresAt }) =>
          query('create', `INSERT INTO ${table} VALUES ($1, $2, $3, $4, $5)`, [
            id,
            data,
            version,
            createdAt,
            expiresAt,
          ]),
        async update(id, { data, version, expiresAt }) {
          const text = `UPDATE ${table} SET data = $2, version = $3, expires_at = $4 WHERE id = $1 AND version = $3 - 1`
          return (await query('update', text, [id, data, version, expiresAt])).rowCount === 1
        },
      },
      options,
    ),
  )
}

/** Its `seed` would not wait for the server. */
function withoutSeed({ fetch }) {
  return { fetch }
}
