import type { Dialect } from './dialect.js'
import { type PostgresClient, postgresClient } from './postgres-client.js'
import { hasCode } from './sql-client.js'
import { type AsyncSqlStore, DialectStore, type SqlStoreOptions } from './sql-store.js'

export interface PostgresStoreOptions extends SqlStoreOptions {
  /**
   * Whether statements are prepared once per connection, which saves the database work. Default true, but for a
   * postgres.js client that was made with `prepare: false`. A pooler that hands out connections per transaction, such
   * as PgBouncer before 1.21, needs `false`.
   */
  prepare?: boolean
}

const postgres: Dialect = {
  name: 'PostgreSQL',
  schemas: true,
  quote: ({ schema, table }) => (schema === undefined ? `"${table}"` : `"${schema}"."${table}"`),
  placeholders(statement) {
    let count = 0
    return statement.replace(/\?/g, () => `$${++count}`)
  },
  unlessExists: ' ON CONFLICT (id) DO NOTHING',
  isDuplicate: () => false,
  countsUnchanged: true,
  // An array, since a subquery behind IN may be run several times, and then deletes more rows than the limit. Rows that
  // are being written are skipped, so that nobody waits for anybody.
  deleteExpired: (table) =>
    `DELETE FROM ${table} WHERE id = ANY (ARRAY(
      SELECT id FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED))`,
  // One statement and so one transaction: where the table is, its indexes are. Where it is, nothing is locked, and no
  // right to create anything is needed. The lock is for others that do the same: IF NOT EXISTS alone fails at once with
  // a duplicate in a system catalog.
  schema: ({ table: name }, table) => [
    `DO $$ BEGIN
      IF to_regclass('${table}') IS NULL THEN
        PERFORM pg_advisory_xact_lock(7310870969309884723);
        PERFORM set_config('client_min_messages', 'warning', true);
        CREATE TABLE IF NOT EXISTS ${table} (
          id text PRIMARY KEY,
          data text NOT NULL,
          created_at bigint NOT NULL,
          expires_at bigint NOT NULL,
          owner text,
          version integer NOT NULL,
          meta text
        );
        CREATE INDEX IF NOT EXISTS "${name}_owner" ON ${table} (owner) WHERE owner IS NOT NULL;
        CREATE INDEX IF NOT EXISTS "${name}_expires_at" ON ${table} (expires_at);
      END IF;
    END $$`,
  ],
  isMissingTable: (error) => hasCode(error, ['42P01']),
  isForeignTable: (error) => hasCode(error, ['42703']),
}

/**
 * Keeps sessions in PostgreSQL.
 *
 * @param client a `Pool` or `Client` of pg, a postgres.js `sql`, a PGlite, or a `Bun.SQL` for PostgreSQL
 * @throws TypeError if the client is none of these, or an option can't work
 *
 * @example
 * import { postgresStore } from '@fetch-sessions/sql'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL })
 * pool.on('error', console.error)
 * const store = postgresStore(pool)
 * await store.migrate()
 */
export function postgresStore(client: PostgresClient, options: PostgresStoreOptions = {}): AsyncSqlStore {
  // Its methods answer with promises, since all these clients do.
  return new DialectStore(postgresClient(client, options.prepare), postgres, options) as AsyncSqlStore
}
