import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canStartRedis, findRedis, RedisClusterServers } from '../../../packages/redis/test/redis-server.js'
import { hasBetterSqlite3 } from '../../../packages/sql/test/better-sqlite3.js'
import { findServer } from '../../../packages/store-testing/test/server.js'
import type { StoreName } from './stores.js'

/** What keeps the sessions of a store. */
export interface Engine {
  address: string
  stop(): Promise<void>
}

const alone = (address: string | undefined): Engine | undefined =>
  (address && { address, stop: async () => {} }) || undefined

/** `undefined` where the engine is missing, after saying so. Under `CI=true` that is an error. */
export const startEngine: Record<StoreName, () => Promise<Engine | undefined>> = {
  Redis: async () => alone(await findRedis()),

  async 'Redis Cluster'() {
    if (!(await canStartRedis())) return undefined
    const cluster = await RedisClusterServers.start()
    return { address: cluster.urls.join(' '), stop: () => cluster.stop() }
  },

  PostgreSQL: async () =>
    alone(await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')),

  MariaDB: async () => alone(await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')),

  async SQLite() {
    if (!hasBetterSqlite3) return undefined
    const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-trial-'))
    return { address: join(folder, 'sessions.db'), stop: () => rm(folder, { recursive: true }) }
  },
}

/** A table, or a prefix, that no other run has. */
export function newName(): string {
  return `trial_${crypto.randomUUID().replaceAll('-', '')}`
}
