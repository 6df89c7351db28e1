import { retryDeadlocks } from './deadlock.js'
import { has, hasCode, type Row, type SqlClient } from './sql-client.js'
import { isTaggedSql, type TaggedSql, taggedSqlClient } from './tagged-sql.js'

/** A `Pool`, `Client` or `PoolClient` of pg, and of what follows its interface. */
export interface PgClient {
  query(query: {
    name?: string
    text: string
    values: (string | number | null)[]
    rowMode: 'array'
  }): Promise<{ rows: readonly unknown[][]; rowCount: number | null }>
  connect(): Promise<unknown>
}

/** A `PGlite`: PostgreSQL in this process. */
export interface PGliteClient {
  query(
    text: string,
    values: (string | number | null)[],
    options: { rowMode: 'array' },
  ): Promise<{ rows: readonly unknown[]; affectedRows?: number }>
  execProtocol(...values: never[]): unknown
}

/** What `postgresStore` takes. */
export type PostgresClient = PgClient | PGliteClient | TaggedSql

/** Deadlocks, and what is asked to try again where the default isolation is above read committed. */
const isDeadlock = (error: unknown): boolean => hasCode(error, ['40P01', '40001'])

/** @throws TypeError if the client is none of those that are known */
export function postgresClient(client: PostgresClient, prepare?: boolean): SqlClient {
  return retryDeadlocks(recognise(client, prepare), isDeadlock)
}

function recognise(client: PostgresClient, prepare: boolean | undefined): SqlClient {
  if (isTaggedSql(client, 'postgres')) {
    const { prepare: prepares = true } = client.options as { prepare?: boolean }
    return taggedSqlClient(client, prepare ?? prepares)
  }
  if (has(client, 'query', 'execProtocol')) return pgliteClient(client as PGliteClient)
  if (has(client, 'query', 'connect')) return pgClient(client as PgClient, prepare ?? true)
  throw new TypeError(
    'fetch-sessions: postgresStore takes a Pool or Client of pg, a postgres.js sql, a PGlite, or a Bun.SQL for PostgreSQL',
  )
}

function pgClient(pg: PgClient, prepare: boolean): SqlClient {
  const ask = (text: string, values: (string | number | null)[]) =>
    pg.query({ ...(prepare && { name: nameOf(text) }), text, values, rowMode: 'array' })
  return {
    rows: async (text, values) => (await ask(text, values)).rows,
    run: async (text, values) => (await ask(text, values)).rowCount ?? 0,
  }
}

const names: Map<string, string> = new Map()

/** A name for a statement: PostgreSQL allows 63 bytes, and another text under the same name would be an error. */
function nameOf(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    let hash = 0xcbf29ce484222325n // FNV-1a
    for (const character of text) hash = BigInt.asUintN(64, (hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n)
    name = `fetch_sessions_${hash.toString(36)}`
    names.set(text, name)
  }
  return name
}

function pgliteClient(pglite: PGliteClient): SqlClient {
  const ask = (text: string, values: (string | number | null)[]) => pglite.query(text, values, { rowMode: 'array' })
  return {
    rows: async (text, values) => (await ask(text, values)).rows as Row[],
    run: async (text, values) => (await ask(text, values)).affectedRows ?? 0,
  }
}
