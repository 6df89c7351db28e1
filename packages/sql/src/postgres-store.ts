import { checkOptions } from './options.js'
import { type PostgresClient, postgresClient } from './postgres-client.js'
import { postgresDialect } from './postgres-dialect.js'
import { type AsyncSqlStore, DialectStore, type SqlStoreOptions } from './sql-store.js'

/** Options of `postgresStore`. */
export interface PostgresStoreOptions extends SqlStoreOptions {
  /**
   * Whether statements are prepared once per connection, which saves the database work. The default is as the client was
   * made with postgres.js and Bun, and true with pg. A pooler that hands out connections per transaction, and knows no
   * prepared statements, needs `false`: PgBouncer before 1.24, or with `max_prepared_statements = 0`. A `Bun.SQL` takes
   * it only where it is made: `new SQL(url, { prepare: false })`.
   */
  prepare?: boolean
}

/**
 * Keeps sessions in PostgreSQL.
 *
 * @param client a `Pool` or `Client` of pg, a postgres.js `sql`, a `neon(url)`, a PGlite, or a `Bun.SQL` for PostgreSQL
 * @throws TypeError if the client is none of these, or an option can't work
 *
 * @example
 * ```ts
 * import { postgresStore } from '@fetch-sessions/sql'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL })
 * pool.on('error', console.error)
 * const store = postgresStore(pool)
 * await store.migrate()
 * ```
 */
export function postgresStore(client: PostgresClient, options: PostgresStoreOptions = {}): AsyncSqlStore {
  checkOptions('postgresStore', options, ['table', 'now', 'prepare'])
  if (options.prepare !== undefined && typeof options.prepare !== 'boolean')
    throw new TypeError('fetch-sessions: prepare must be true or false')
  // Its methods answer with promises, since all these clients do.
  return new DialectStore(postgresClient(client, options.prepare), postgresDialect, options) as AsyncSqlStore
}
