import type { SessionStore } from '@fetch-sessions/core'
import { redisStore } from '@fetch-sessions/redis'
import { mysqlStore, postgresStore, sqliteStore } from '@fetch-sessions/sql'
import Database from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { createClient, createCluster } from 'redis'

/** Where sessions are kept, in a form that can be sent to another process. */
export interface Place {
  store: StoreName
  /** A URL, several with blanks between, or a file. */
  address: string
  /** A table, or what keys begin with: no other trial has it. */
  name: string
  /** SQLite: the file gets no larger than this many pages. */
  maxPages?: number
}

/** A store on a client of its own, set up as its README says. */
export interface OpenedStore {
  store: Required<Pick<SessionStore, 'deleteByOwner' | 'list' | 'listByOwner' | 'clear'>> & SessionStore
  /** Makes what the store needs before its first use. */
  prepare(): Promise<void>
  /** Removes what `prepare` and the sessions have made. */
  remove(): Promise<void>
  close(): Promise<void>
}

export type StoreName = 'Redis' | 'Redis Cluster' | 'PostgreSQL' | 'MariaDB' | 'SQLite'

/** For the connections, in milliseconds. What a call may take at most is the manager's `storeTimeout`. */
const TIMEOUT = 2000

export const openStore: Record<StoreName, (place: Place) => Promise<OpenedStore>> = {
  async Redis({ address, name }) {
    const client = createClient({
      url: address,
      disableOfflineQueue: true,
      socket: { connectTimeout: TIMEOUT, reconnectStrategy: 100 },
    })
    await client.on('error', () => {}).connect()
    return redis(redisStore(client, { prefix: `${name}:` }), () => client.destroy())
  },

  async 'Redis Cluster'({ address, name }) {
    const client = createCluster({
      rootNodes: address.split(' ').map((url) => ({ url })),
      defaults: { disableOfflineQueue: true, socket: { connectTimeout: TIMEOUT, reconnectStrategy: 100 } },
    })
    await client.on('error', () => {}).connect()
    return redis(redisStore(client, { prefix: `${name}:` }), () => client.destroy())
  },

  async PostgreSQL({ address, name }) {
    const pool = new pg.Pool({ connectionString: address, connectionTimeoutMillis: TIMEOUT, query_timeout: TIMEOUT })
    pool.on('error', () => {})
    const store = postgresStore(pool, { table: name })
    return {
      store,
      prepare: () => store.migrate(),
      remove: async () => void (await pool.query(`DROP TABLE IF EXISTS ${name}`)),
      close: () => pool.end(),
    }
  },

  async MariaDB({ address, name }) {
    const pool = mysql.createPool({ uri: address, connectTimeout: TIMEOUT })
    const store = mysqlStore(pool, { table: name })
    return {
      store,
      prepare: () => store.migrate(),
      remove: async () => void (await pool.query(`DROP TABLE IF EXISTS ${name}`)),
      close: () => pool.end(),
    }
  },

  async SQLite({ address, name, maxPages }) {
    const db = new Database(address)
    db.pragma('journal_mode = WAL')
    if (maxPages !== undefined) db.pragma(`max_page_count = ${maxPages}`)
    const store = sqliteStore(db, { table: name })
    return {
      store,
      prepare: async () => store.migrate(),
      remove: async () => void db.exec(`DROP TABLE IF EXISTS ${name}`),
      close: async () => void db.close(),
    }
  },
}

function redis(store: OpenedStore['store'], close: () => void): OpenedStore {
  return { store, prepare: async () => {}, remove: async () => store.clear(), close: async () => close() }
}
