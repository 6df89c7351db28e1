import { checkOptions } from './options.js'
import {
  type AsyncSqlStore,
  DialectStore,
  type SqlStore,
  type SqlStoreOptions,
  type SyncSqlStore,
} from './sql-store.js'
import { type AsyncSqliteClient, type SyncSqliteClient, sqliteClient } from './sqlite-client.js'
import { sqliteDialect } from './sqlite-dialect.js'

/**
 * Keeps sessions in SQLite. With a client that answers at once, the store does so too, and costs no promise.
 *
 * @param client a `Database` of better-sqlite3 or bun:sqlite, a `DatabaseSync` of node:sqlite
 * @throws TypeError if the client is none of these, or an option can't work
 *
 * @example
 * ```ts
 * import { sqliteStore } from '@fetch-sessions/sql'
 * import Database from 'better-sqlite3'
 *
 * const db = new Database('sessions.db')
 * db.pragma('journal_mode = WAL')
 * const store = sqliteStore(db)
 * store.migrate()
 * ```
 */
export function sqliteStore(client: SyncSqliteClient, options?: SqlStoreOptions): SyncSqlStore
/**
 * Keeps sessions in SQLite, libSQL or Cloudflare D1.
 *
 * @param client a D1 binding, a `Client` of @libsql/client, a `Database` of @tursodatabase/database, or a `Bun.SQL` for
 * SQLite
 * @throws TypeError if the client is none of these, or an option can't work
 *
 * @example
 * ```ts
 * import { sqliteStore } from '@fetch-sessions/sql'
 *
 * export default {
 *   fetch: withSession(handler, (env: Env) => ({ store: sqliteStore(env.DB), secret: env.SECRET })),
 * }
 * ```
 */
export function sqliteStore(client: AsyncSqliteClient, options?: SqlStoreOptions): AsyncSqlStore
export function sqliteStore(client: SyncSqliteClient | AsyncSqliteClient, options: SqlStoreOptions = {}): SqlStore {
  checkOptions('sqliteStore', options, ['table', 'now'])
  return new DialectStore(sqliteClient(client), sqliteDialect, options)
}
