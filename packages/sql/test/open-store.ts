import { PGlite } from '@electric-sql/pglite'
import { createClient } from '@libsql/client'
import Database from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import {
  type AsyncSqlStore,
  mysqlStore,
  postgresStore,
  type SqlStoreOptions,
  type SyncSqlStore,
  sqliteStore,
} from '../src/index.js'

/** A client of a database, with what tests need of it beside the store. */
export interface OpenedClient {
  store(options?: SqlStoreOptions): AsyncSqlStore | SyncSqlStore
  /** Any statement, and the rows it gives, with their columns by name. */
  query(statement: string): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export type ClientName = 'pg' | 'postgres.js' | 'PGlite' | 'mysql2' | 'better-sqlite3' | 'libSQL'

/** How to open each client that runs in every Node. `address` is a URL, or the path of a file. */
export const clients: Record<ClientName, (address: string) => OpenedClient> = {
  pg(address) {
    const pool = new pg.Pool({ connectionString: address })
    pool.on('error', () => {})
    return {
      store: (options) => postgresStore(pool, options),
      query: async (statement) => (await pool.query(statement)).rows,
      close: () => pool.end(),
    }
  },

  'postgres.js'(address) {
    const sql = postgres(address, { transform: postgres.camel })
    return {
      store: (options) => postgresStore(sql, options),
      query: (statement) => sql.unsafe(statement),
      close: () => sql.end(),
    }
  },

  PGlite() {
    const pglite = new PGlite()
    return {
      store: (options) => postgresStore(pglite, options),
      query: async (statement) => (await pglite.query<Record<string, unknown>>(statement)).rows,
      close: () => pglite.close(),
    }
  },

  mysql2(address) {
    const pool = mysql.createPool(address)
    return {
      store: (options) => mysqlStore(pool, options),
      query: async (statement) => (await pool.query(statement))[0] as Record<string, unknown>[],
      close: () => pool.end(),
    }
  },

  'better-sqlite3'(address) {
    const db = new Database(address, { timeout: 10_000 })
    db.pragma('journal_mode = WAL')
    return {
      store: (options) => sqliteStore(db, options),
      async query(text) {
        const statement = db.prepare<[], Record<string, unknown>>(text)
        if (statement.reader) return statement.all()
        statement.run()
        return []
      },
      close: async () => void db.close(),
    }
  },

  libSQL(address) {
    const client = createClient({ url: address })
    return {
      store: (options) => sqliteStore(client, options),
      query: async (statement) => (await client.execute(statement)).rows.map((row) => ({ ...row })),
      close: async () => client.close(),
    }
  },
}
