import { PGlite } from '@electric-sql/pglite'
import { AnswerMixer, type OpenedStore, storeChecks } from '@fetch-sessions/store-testing'
import { createClient } from '@libsql/client'
import mysql from 'mysql2/promise'
import pg from 'pg'
import connect from 'postgres'
import { afterAll, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { newTable } from '../test/table.js'
import { type AsyncSqlStore, mysqlStore, postgresStore, type SqlStoreOptions, sqliteStore } from './index.js'
import type { MysqlClient } from './mysql-client.js'
import type { PostgresClient } from './postgres-client.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mariadb = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

type Call = (...values: never[]) => PromiseLike<unknown>

/** The client, but the answers of this method go through the mixer. */
function mixed<Client extends object>(client: Client, method: string, mixer: AnswerMixer): Client {
  return new Proxy(client, {
    get(_, name) {
      const member: unknown = Reflect.get(client, name, client)
      if (typeof member !== 'function') return member
      const call = member.bind(client) as Call
      return name === method ? (...values: never[]) => mixer.ask(() => call(...values)) : call
    },
  })
}

/** The checks of mixed answers. The rest of the suite is run with each client elsewhere. */
function mixedSuite(
  name: string,
  storeOf: (options: SqlStoreOptions) => AsyncSqlStore,
  mixer: AnswerMixer,
  query: (statement: string) => PromiseLike<unknown>,
): void {
  const open = async (): Promise<OpenedStore> => {
    const table = newTable()
    const store = storeOf({ table })
    await store.migrate()
    const mixAnswers = (isOn: boolean): void => void Object.assign(mixer, { isOn })
    const close = async (): Promise<void> => {
      mixAnswers(false)
      await query(`DROP TABLE ${table}`)
    }
    return { store, mixAnswers, close }
  }
  const checks = storeChecks(open, { mixesAnswers: true }).filter(({ group }) => group.includes('mixed up'))
  it.each(checks)(`${name}: $name`, async ({ run }) => expect(await run()).toBe('passed'), 60_000)
}

describe.skipIf(postgres === undefined)('a client of PostgreSQL that mixes its answers up', () => {
  const pool = new pg.Pool({ connectionString: postgres })
  const sql = connect(postgres ?? 'postgres://', { onnotice() {} })
  afterAll(async () => {
    await pool.end()
    await sql.end()
  })

  const pgMixer = new AnswerMixer()
  const mixedPool = { query: mixed(pool, 'query', pgMixer).query, connect: () => pool.connect() }
  mixedSuite(
    'pg',
    (options) => postgresStore(mixedPool, options),
    pgMixer,
    (text) => pool.query(text),
  )

  const sqlMixer = new AnswerMixer()
  const unsafe = (...values: Parameters<typeof sql.unsafe>) => ({
    values: () => sqlMixer.ask(() => sql.unsafe(...values).values()),
  })
  const mixedSql = Object.assign(() => {}, { options: sql.options, unsafe }) as unknown as PostgresClient
  mixedSuite(
    'postgres.js',
    (options) => postgresStore(mixedSql, options),
    sqlMixer,
    (text) => sql.unsafe(text),
  )
})

it.each([
  ['an object', [{ count: 5 }]],
  ['more columns', [['id', 1]]],
  ['fewer columns', [[]]],
  ['two rows', [['id'], ['id']]],
])('a row of somebody else’s statement is no session: %s', async (_, rows) => {
  const store = postgresStore({
    query: async () => ({ rows: rows as unknown[][], rowCount: 1 }),
    connect: async () => {},
  })
  await expect(store.load('id')).rejects.toThrow('an answer that belongs to another statement')
})

describe('a PGlite that mixes its answers up', () => {
  const pglite = new PGlite()
  afterAll(() => pglite.close())
  const mixer = new AnswerMixer()
  mixedSuite(
    'PGlite',
    (options) => postgresStore(mixed(pglite, 'query', mixer), options),
    mixer,
    (text) => pglite.query(text),
  )
})

describe.skipIf(mariadb === undefined)('a client of MariaDB that mixes its answers up', () => {
  const address = mariadb ?? 'mysql://'
  const pool = mysql.createPool(address)
  afterAll(() => pool.end())

  const mixer = new AnswerMixer()
  const getConnection = async () => mixed(await pool.getConnection(), 'execute', mixer)
  const mixedPool = { execute: () => {}, format: () => '', getConnection } as unknown as MysqlClient
  mixedSuite(
    'mysql2',
    (options) => mysqlStore(mixedPool, options),
    mixer,
    (text) => pool.query(text),
  )
})

describe('a client of libSQL that mixes its answers up', () => {
  const client = createClient({ url: ':memory:' })
  afterAll(() => client.close())
  const mixer = new AnswerMixer()
  mixedSuite(
    'libSQL',
    (options) => sqliteStore(mixed(client, 'execute', mixer), options),
    mixer,
    (text) => client.execute(text),
  )
})
