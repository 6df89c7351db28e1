import { type MysqlClient, mysqlClient } from './mysql-client.js'
import { mysqlDialect } from './mysql-dialect.js'
import { checkOptions } from './options.js'
import { type AsyncSqlStore, DialectStore, type SqlStoreOptions } from './sql-store.js'

/**
 * Keeps sessions in MySQL or MariaDB.
 *
 * @param client a pool or connection of mysql2, with promises or callbacks, or a `Bun.SQL` for MySQL
 * @throws TypeError if the client is none of these, or an option can't work
 *
 * @example
 * ```ts
 * import { mysqlStore } from '@fetch-sessions/sql'
 * import { createPool } from 'mysql2/promise'
 *
 * const store = mysqlStore(createPool(process.env.DATABASE_URL))
 * await store.migrate()
 * ```
 */
export function mysqlStore(client: MysqlClient, options: SqlStoreOptions = {}): AsyncSqlStore {
  checkOptions('mysqlStore', options, ['table', 'now'])
  // Its methods answer with promises, since all these clients do.
  return new DialectStore(mysqlClient(client), mysqlDialect, options) as AsyncSqlStore
}
