import type { SessionRecord } from '@fetch-sessions/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { type ClientName, clients, type OpenedClient } from '../test/open-store.js'
import { newTable } from '../test/table.js'
import type { AsyncSqlStore, SyncSqlStore } from './index.js'

const postgres = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')
const mysql = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')
const withoutFoundRows = mysql && `${mysql}${mysql.includes('?') ? '&' : '?'}flags=-FOUND_ROWS`

const NOW = Date.now()
const recordWith = (fields: Partial<SessionRecord>): SessionRecord => ({
  data: '{}',
  createdAt: NOW,
  expiresAt: NOW + 3_600_000,
  owner: undefined,
  version: 1,
  ...fields,
})

/** Owners that are easily taken for this one. */
const lookalikes: ((owner: string) => string)[] = [
  (owner) => `${owner} `,
  (owner) => `${owner}\0`,
  (owner) => ` ${owner}`,
  (owner) => owner.toUpperCase(),
  (owner) => owner.normalize('NFD'),
  (owner) => owner.replaceAll('\0', '\x1b0000'),
  (owner) => owner.replaceAll('\ud800', '\udc00'),
]

/** Texts of everything that JavaScript has: halves of a surrogate pair, NUL, escapes, blanks, and statements. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('a', 'A', ' ', '\0', '\x1b', '0', '\ud800', '\udc00', '\\', "'", '%', 'é', '\u0301'),
  }),
  fc.constantFrom('\x1b0000', '\x1b\x1b001b', 'ada', 'ada '),
  fc.constantFrom("'; DROP TABLE fetch_sessions; --", "' OR '1' = '1", '" OR ""="', '` OR 1 = 1 #', '$1', '?', ':id'),
)

describe.each<[string, ClientName, string | undefined]>([
  ['pg', 'pg', postgres],
  ['postgres.js', 'postgres.js', postgres],
  ['PGlite', 'PGlite', 'in this process'],
  ['mysql2', 'mysql2', mysql],
  ['mysql2 that counts changed rows only', 'mysql2', withoutFoundRows],
  ['better-sqlite3', 'better-sqlite3', hasBetterSqlite3 ? ':memory:' : undefined],
  ['libSQL', 'libSQL', ':memory:'],
])('%s', (_, name, address = '') => {
  const test = it.skipIf(address === '')
  const table = newTable()
  let client: OpenedClient
  let store: AsyncSqlStore | SyncSqlStore

  beforeAll(async () => {
    if (address === '') return
    client = clients[name](address)
    store = client.store({ table })
    await store.migrate()
  }, 120_000)
  afterAll(async () => {
    await client?.query(`DROP TABLE IF EXISTS ${table}`)
    await client?.close()
  })

  test('keeps every text as it is, and tells owners apart by every character', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, fc.constantFrom(...lookalikes), async (data, owner, lookalike) => {
        const other = lookalike(owner)
        const [id, otherId] = [newTable(), newTable()]
        await store.create(id, recordWith({ data, owner, meta: data }))
        await store.create(otherId, recordWith({ owner: other }))
        expect(await store.load(id)).toEqual(recordWith({ data, owner, meta: data }))
        const ids = (await store.listByOwner(owner)).map((info) => info.id)
        expect(ids.sort()).toEqual(owner === other ? [id, otherId].sort() : [id])
        expect(await store.deleteByOwner(owner)).toBe(ids.length)
        expect(await store.delete(otherId)).toBe(owner !== other)
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  test('finds and changes nothing by an id that is no id, whatever is in it', async () => {
    const record = recordWith({ owner: 'ada' })
    await store.create('kept', record)
    await fc.assert(
      fc.asyncProperty(text, async (id) => {
        expect(await store.load(id)).toBeUndefined()
        expect(await store.update(id, { ...record, version: 2 })).toBe(false)
        expect(await store.touch(id, NOW, 1)).toBe(false)
        expect(await store.delete(id)).toBe(false)
      }),
      { numRuns: 40 },
    )
    expect(await store.load('kept')).toEqual(record)
    expect(await store.delete('kept')).toBe(true)
  }, 60_000)

  test('answers true to a touch that moves nothing, and false if there is none', async () => {
    const record = recordWith({})
    await store.create('touched', record)
    expect(await store.touch('touched', record.expiresAt, 1)).toBe(true)
    await store.delete('touched')
    expect(await store.touch('touched', record.expiresAt, 1)).toBe(false)
  })

  test('may migrate again, and keeps what is there', async () => {
    await store.create('old', recordWith({}))
    await store.migrate()
    await client.store({ table }).migrate()
    expect(await store.load('old')).toBeDefined()
    await store.clear()
  })

  test('says what to do where there is no table', async () => {
    const missing = client.store({ table: newTable() })
    const message = /^fetch-sessions: .* has no table .*: call the store's migrate\(\)/
    await expect(async () => missing.load('id')).rejects.toThrow(message)
    await expect(async () => missing.create('id', recordWith({}))).rejects.toThrow(message)
    await expect(async () => missing.deleteExpired(NOW, 10)).rejects.toThrow(message)
  })

  test('says so if the table is somebody else’s', async () => {
    const foreign = newTable()
    await client.query(`CREATE TABLE ${foreign} (sid VARCHAR(255) PRIMARY KEY, expires_at BIGINT)`)
    try {
      const message = /^fetch-sessions: .* is not one of this store: name another in the option table$/
      await expect(async () => client.store({ table: foreign }).migrate()).rejects.toThrow(message)
    } finally {
      await client.query(`DROP TABLE ${foreign}`)
    }
  })

  test('deletes expired sessions in batches while others are written, and no live one', async () => {
    const dead = recordWith({ expiresAt: NOW - 1 })
    for (let i = 0; i < 250; i++) await store.create(`dead ${i}`, dead)
    const live = Array.from({ length: 20 }, (_, i) => `live ${i}`)
    for (const id of live) await store.create(id, recordWith({ owner: 'ada' }))
    let deleted = 0
    const sweep = async () => {
      for (let batch = -1; batch !== 0; deleted += batch) {
        batch = await store.deleteExpired(NOW, 40)
        expect(batch).toBeLessThanOrEqual(40)
      }
    }
    const write = async (id: string) => {
      for (let version = 2; version <= 12; version++) {
        expect(await store.update(id, recordWith({ version, owner: 'ada', expiresAt: NOW + version * 100_000 }))).toBe(
          true,
        )
        expect(await store.touch(id, NOW + version * 200_000, version)).toBe(true)
      }
    }
    await Promise.all([sweep(), sweep(), ...live.map(write)])
    await sweep()
    expect(deleted).toBe(250)
    for (const id of live) expect(await store.load(id)).toMatchObject({ version: 12, expiresAt: NOW + 2_400_000 })
  }, 60_000)
})
