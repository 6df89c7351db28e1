import type { Dialect } from './dialect.js'
import { hasCode } from './sql-client.js'

/** How PostgreSQL says it. */
export const postgresDialect: Dialect = {
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
