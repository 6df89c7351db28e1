import type { D1Database, D1DatabaseSession } from '@cloudflare/workers-types'
import type { PGlite } from '@electric-sql/pglite'
import type { SessionRecord, SessionStore } from '@fetch-sessions/core'
import type { Client } from '@libsql/client'
import type { NeonQueryFunction } from '@neondatabase/serverless'
import type { Database as Turso } from '@tursodatabase/database'
import type Database from 'better-sqlite3'
import type callbacks from 'mysql2'
import type mysql from 'mysql2/promise'
import type pg from 'pg'
import type postgres from 'postgres'
import { expectTypeOf, test } from 'vitest'
import { type AsyncSqlStore, mysqlStore, postgresStore, type SyncSqlStore, sqliteStore } from './index.js'

declare function given<Client>(): Client

test('every client of PostgreSQL fits', () => {
  expectTypeOf(postgresStore(given<pg.Pool>())).toEqualTypeOf<AsyncSqlStore>()
  postgresStore(given<pg.Client>())
  postgresStore(given<pg.PoolClient>(), { prepare: false })
  postgresStore(given<postgres.Sql>())
  postgresStore(given<postgres.Sql<{ bigint: bigint }>>())
  postgresStore(given<PGlite>())
  postgresStore(given<NeonQueryFunction<false, false>>())
})

test('every client of MySQL fits', () => {
  expectTypeOf(mysqlStore(given<mysql.Pool>())).toEqualTypeOf<AsyncSqlStore>()
  mysqlStore(given<mysql.Connection>())
  mysqlStore(given<mysql.PoolConnection>())
  mysqlStore(given<callbacks.Pool>())
  mysqlStore(given<callbacks.Connection>())
})

test('every client of SQLite fits, and the store answers as it does', () => {
  expectTypeOf(sqliteStore(given<Database.Database>())).toEqualTypeOf<SyncSqlStore>()
  expectTypeOf(sqliteStore(given<D1Database>())).toEqualTypeOf<AsyncSqlStore>()
  expectTypeOf(sqliteStore(given<Client>())).toEqualTypeOf<AsyncSqlStore>()
  sqliteStore(given<D1DatabaseSession>())
  expectTypeOf(sqliteStore(given<Turso>())).toEqualTypeOf<AsyncSqlStore>()
})

test('no client of another database does', () => {
  // @ts-expect-error it is one of PostgreSQL
  mysqlStore(given<pg.Pool>())
  // @ts-expect-error it is one of MySQL
  postgresStore(given<mysql.Pool>())
  // @ts-expect-error it is one of SQLite
  postgresStore(given<Database.Database>())
  // @ts-expect-error it is one of PostgreSQL
  sqliteStore(given<pg.Pool>())
  // @ts-expect-error it is an address
  postgresStore('postgres://127.0.0.1/test')
})

test('a store is a session store with everything, answered at once or with promises', () => {
  expectTypeOf<SyncSqlStore>().toExtend<Required<Omit<SessionStore, 'atomic' | 'isProcessLocal'>>>()
  expectTypeOf<AsyncSqlStore>().toExtend<Required<Omit<SessionStore, 'atomic' | 'isProcessLocal'>>>()
  expectTypeOf<SyncSqlStore['load']>().toEqualTypeOf<(id: string) => SessionRecord | undefined>()
  expectTypeOf<AsyncSqlStore['load']>().toEqualTypeOf<(id: string) => Promise<SessionRecord | undefined>>()
  expectTypeOf<SyncSqlStore['migrate']>().returns.toEqualTypeOf<void>()
  expectTypeOf<AsyncSqlStore['migrate']>().returns.toEqualTypeOf<Promise<void>>()
})
