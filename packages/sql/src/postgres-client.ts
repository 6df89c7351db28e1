import { retryDeadlocks } from './deadlock.js'
import { type PgClient, pgClient } from './pg-client.js'
import { has, hasCode, type Row, type SqlClient } from './sql-client.js'
import { isTaggedSql, type TaggedSql, taggedSqlClient } from './tagged-sql.js'

/** A `PGlite`: PostgreSQL in this process. */
export interface PGliteClient {
  query(
    text: string,
    values: (string | number | null)[],
    options: { rowMode: 'array' },
  ): Promise<{ rows: readonly unknown[]; affectedRows?: number }>
  execProtocol(...values: never[]): unknown
}

/** The function that `neon(url)` of @neondatabase/serverless gives: PostgreSQL over HTTP, from version 1. */
export interface NeonClient {
  query(
    text: string,
    values: (string | number | null)[],
    options: { arrayMode: true; fullResults: false },
  ): PromiseLike<unknown>
  transaction(...values: never[]): unknown
}

/** What `postgresStore` takes. */
export type PostgresClient = PgClient | PGliteClient | TaggedSql | NeonClient

/** Deadlocks, and what is asked to try again where the default isolation is above read committed. */
const isDeadlock = (error: unknown): boolean => hasCode(error, ['40P01', '40001'])

/** @throws TypeError if the client is none of those that are known, or can't do as `prepare` says */
export function postgresClient(client: PostgresClient, prepare?: boolean): SqlClient {
  return retryDeadlocks(recognise(client, prepare), isDeadlock)
}

function recognise(client: PostgresClient, prepare: boolean | undefined): SqlClient {
  if (isNeon(client)) return neonClient(client)
  if (isTaggedSql(client, 'postgres')) {
    const { adapter, prepare: prepares = true } = client.options as { adapter?: string; prepare?: boolean }
    // Only a Bun.SQL names its adapter. It takes no such option with a statement.
    if (adapter !== undefined && prepare !== undefined && prepare !== prepares)
      throw new TypeError(
        `fetch-sessions: a Bun.SQL prepares all of its statements or none, and the store can't change that: make it by new SQL(url, { prepare: ${prepare} })`,
      )
    return taggedSqlClient(client, prepare ?? prepares)
  }
  if (has(client, 'query', 'execProtocol')) return pgliteClient(client as PGliteClient)
  if (has(client, 'query', 'connect')) return pgClient(client as PgClient, prepare ?? true)
  throw new TypeError(
    'fetch-sessions: postgresStore takes a Pool or Client of pg, a postgres.js sql, the sql of neon(), a PGlite, or a Bun.SQL for PostgreSQL',
  )
}

function pgliteClient(pglite: PGliteClient): SqlClient {
  const ask = (text: string, values: (string | number | null)[]) => pglite.query(text, values, { rowMode: 'array' })
  return {
    rows: async (text, values) => (await ask(text, values)).rows as Row[],
    run: async (text, values) => ({ count: (await ask(text, values)).affectedRows ?? 0, noted: 0 }),
  }
}

/** @throws TypeError if it is one of a version that takes templates only */
function isNeon(client: unknown): client is NeonClient {
  if (typeof client !== 'function' || !has(client, 'transaction') || 'options' in client) return false
  if (has(client, 'query')) return true
  // knex
  if (has(client, 'raw')) return false
  throw new TypeError('fetch-sessions: neon() of @neondatabase/serverless has to be of version 1 or later: update it')
}

function neonClient(neon: NeonClient): SqlClient {
  const rows = async (text: string, values: (string | number | null)[]) =>
    (await neon.query(text, values, { arrayMode: true, fullResults: false })) as Row[]
  return { rows, run: async (text, values) => ({ count: (await rows(text, values)).length, noted: 0 }) }
}
