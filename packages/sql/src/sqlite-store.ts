import type { Dialect } from './dialect.js'
import {
  type AsyncSqlStore,
  DialectStore,
  type SqlStore,
  type SqlStoreOptions,
  type SyncSqlStore,
} from './sql-store.js'
import { type AsyncSqliteClient, type SyncSqliteClient, sqliteClient } from './sqlite-client.js'

const sqlite: Dialect = {
  name: 'SQLite',
  schemas: false,
  quote: ({ table }) => `"${table}"`,
  placeholders: (statement) => statement,
  unlessExists: ' ON CONFLICT (id) DO NOTHING',
  isDuplicate: () => false,
  countsUnchanged: true,
  deleteExpired: (table) =>
    `DELETE FROM ${table} WHERE rowid IN (
      SELECT rowid FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  schema: ({ table: name }, table) => [
    `CREATE TABLE IF NOT EXISTS ${table} (
      id TEXT NOT NULL PRIMARY KEY,
      data TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      owner TEXT,
      version INTEGER NOT NULL,
      meta TEXT
    )`,
    `CREATE INDEX IF NOT EXISTS "${name}_owner" ON ${table} (owner) WHERE owner IS NOT NULL`,
    `CREATE INDEX IF NOT EXISTS "${name}_expires_at" ON ${table} (expires_at)`,
  ],
  // No client but one has codes for these.
  isMissingTable: (error) => /no such table/.test(String(error)),
  isForeignTable: (error) => /no such column|has no column named/.test(String(error)),
}

/**
 * Keeps sessions in SQLite. With a client that answers at once, the store does so too, and costs no promise.
 *
 * @param client a `Database` of better-sqlite3 or bun:sqlite, a `DatabaseSync` of node:sqlite
 * @throws TypeError if the client is none of these, or an option can't work
 *
 * @example
 * import { sqliteStore } from '@fetch-sessions/sql'
 * import Database from 'better-sqlite3'
 *
 * const db = new Database('sessions.db')
 * db.pragma('journal_mode = WAL')
 * const store = sqliteStore(db)
 * store.migrate()
 */
export function sqliteStore(client: SyncSqliteClient, options?: SqlStoreOptions): SyncSqlStore
/**
 * Keeps sessions in SQLite, libSQL or Cloudflare D1.
 *
 * @param client a D1 binding, a `Client` of @libsql/client, or a `Bun.SQL` for SQLite
 * @throws TypeError if the client is none of these, or an option can't work
 *
 * @example
 * import { sqliteStore } from '@fetch-sessions/sql'
 *
 * export default {
 *   fetch: withSession(handler, (env: Env) => ({ store: sqliteStore(env.DB), secret: env.SECRET })),
 * }
 */
export function sqliteStore(client: AsyncSqliteClient, options?: SqlStoreOptions): AsyncSqlStore
export function sqliteStore(client: SyncSqliteClient | AsyncSqliteClient, options: SqlStoreOptions = {}): SqlStore {
  return new DialectStore(sqliteClient(client), sqlite, options)
}
