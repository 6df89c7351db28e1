/**
 * Sessions in PostgreSQL, MySQL, MariaDB and SQLite, through the client that the application has.
 *
 * @module @fetch-sessions/sql
 */
export type { LibsqlClient } from './libsql-client.js'
export type { MysqlCallbackClient, MysqlClient } from './mysql-client.js'
export { mysqlStore } from './mysql-store.js'
export type { MysqlPromiseClient } from './mysql2-client.js'
export type { PgClient } from './pg-client.js'
export type { PGliteClient, PostgresClient } from './postgres-client.js'
export { type PostgresStoreOptions, postgresStore } from './postgres-store.js'
export type { AsyncSqlStore, SqlStoreOptions, SyncSqlStore } from './sql-store.js'
export type { AsyncSqliteClient, D1Client, SyncSqliteClient, TursoClient } from './sqlite-client.js'
export { sqliteStore } from './sqlite-store.js'
export type { TaggedSql } from './tagged-sql.js'
