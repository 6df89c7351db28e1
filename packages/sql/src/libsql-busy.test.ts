import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionRecord } from '@fetch-sessions/core'
import { type Client, createClient } from '@libsql/client'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { type AsyncSqlStore, sqliteStore } from './index.js'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-libsql-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => {
  vi.useRealTimers()
})

/** The time for which a store waits passes at once. */
async function expectBusy(ask: () => Promise<unknown>): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  const failed = expect(ask()).rejects.toMatchObject({ code: 'SQLITE_BUSY' })
  await vi.advanceTimersByTimeAsync(60_000)
  await failed
  vi.useRealTimers()
}

/** When all has happened that needs no timer. */
const atOnce = () => new Promise((resolve) => setImmediate(resolve))

const NOW = Date.now()
const record: SessionRecord = { data: 'old', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'ada', version: 1 }

/** The writes that another process may be in the way of. */
const writes: Record<string, (store: AsyncSqlStore) => Promise<unknown>> = {
  create: (store) => store.create('new', record),
  update: (store) => store.update('used', { ...record, version: 2 }),
  touch: (store) => store.touch('used', NOW + 2e6, 1),
  delete: (store) => store.delete('used'),
  deleteByOwner: (store) => store.deleteByOwner('ada'),
  deleteExpired: (store) => store.deleteExpired(NOW, 10),
}

const modes = ['DELETE', 'WAL'] as const

describe.each(modes)('libSQL with a file, journal_mode %s, whose write was locked out', (mode) => {
  it.each(Object.entries(writes))('by %s: sees what others write, and writes again', async (name, write) => {
    const url = `file:${join(folder, `${mode}-${name}.db`)}`
    const [holder, client, third] = [url, url, url].map((url) => createClient({ url }))
    if (holder === undefined || client === undefined || third === undefined) throw new Error('unreachable')
    try {
      await holder.execute(`PRAGMA journal_mode = ${mode}`)
      const store = sqliteStore(client)
      await store.migrate()
      await store.create('used', record)
      await store.create('signed out', record)
      const transaction = await holder.transaction('write')
      await transaction.execute('UPDATE fetch_sessions SET version = version')
      await expectBusy(() => write(store))
      expect(await store.load('signed out')).toEqual(record)
      await transaction.commit()
      expect(await sqliteStore(third).delete('signed out')).toBe(true)
      expect(await store.load('signed out')).toBeUndefined()
      await write(store)
      expect(await sqliteStore(third).create('last', record)).toBe(true)
      expect(await store.load('last')).toEqual(record)
    } finally {
      for (const open of [holder, client, third]) open.close()
    }
  })
})

describe.each(modes)('libSQL with a file, journal_mode %s, in which the application has transactions', (mode) => {
  /** A store, and what the application does with the same client. */
  async function open(name: string): Promise<{ client: Client; store: AsyncSqlStore; count(): Promise<unknown> }> {
    const client = createClient({ url: `file:${join(folder, `${mode}-${name}.db`)}` })
    await client.execute(`PRAGMA journal_mode = ${mode}`)
    await client.execute('CREATE TABLE orders (n)')
    const store = sqliteStore(client)
    await store.migrate()
    await store.create('used', record)
    return { client, store, count: async () => (await client.execute('SELECT COUNT(*) FROM orders')).rows[0]?.[0] }
  }

  it('waits for one, which goes on meanwhile, on the same client', async () => {
    const { client, store, count } = await open('waits')
    const transaction = await client.transaction('write')
    await transaction.execute('INSERT INTO orders VALUES (1)')
    const updated = store.update('used', { ...record, version: 2 })
    await atOnce()
    await transaction.execute('INSERT INTO orders VALUES (2)')
    await transaction.commit()
    expect(await updated).toBe(true)
    expect(await count()).toBe(2)
    expect((await store.load('used'))?.version).toBe(2)
    client.close()
  })

  it('ends none when it gives up', async () => {
    const { client, store, count } = await open('gives-up')
    const transaction = await client.transaction('write')
    await transaction.execute('INSERT INTO orders VALUES (1)')
    await expectBusy(() => store.update('used', { ...record, version: 2 }))
    await transaction.execute('INSERT INTO orders VALUES (2)')
    await transaction.commit()
    expect(await count()).toBe(2)
    expect(await store.load('used')).toEqual(record)
    expect(await store.update('used', { ...record, version: 2 })).toBe(true)
    client.close()
  })

  it('takes one connection at a time, however many calls are under way', async () => {
    const { client, store } = await open('many')
    const transaction = await client.transaction('read')
    const ids = Array.from({ length: 50 }, (_, i) => `id ${i}`)
    const created = await Promise.all(ids.map((id) => store.create(id, record)))
    expect(created.every(Boolean)).toBe(true)
    transaction.close()
    client.close()
  })
})

describe('libSQL in memory', () => {
  it('keeps its sessions when it is full', async () => {
    const client = createClient({ url: ':memory:' })
    const store = sqliteStore(client)
    await store.migrate()
    await store.create('kept', record)
    await client.execute('PRAGMA max_page_count = 20')
    const fill = async () => {
      for (let i = 0; i < 100; i++) await store.create(`${i}`, { ...record, data: 'x'.repeat(3000) })
    }
    await expect(fill).rejects.toMatchObject({ code: 'SQLITE_FULL' })
    expect(await store.load('kept')).toEqual(record)
    expect(await store.delete('0')).toBe(true)
    client.close()
  })
})

describe('a replica of libSQL, which writes elsewhere', () => {
  const client = createClient({ url: ':memory:' })
  afterAll(() => client.close())
  const asked: string[] = []
  const sync = vi.fn(async () => {})
  const replica = {
    protocol: 'file',
    async execute(statement: { sql: string; args: (string | number | null)[] }) {
      asked.push(statement.sql)
      if (statement.sql === 'PRAGMA database_list') return { rows: [[0, 'main', '/replica.db']], rowsAffected: 0 }
      return client.execute(statement)
    },
    batch: async () => {},
    sync,
    transaction: async () => expect.fail('a transaction'),
  } as Parameters<typeof sqliteStore>[0] as Client

  it('is asked once for each statement', async () => {
    const store = sqliteStore(replica)
    await store.migrate()
    asked.length = 0
    await store.create('id', record)
    await store.load('id')
    expect(asked).toHaveLength(2)
  })

  it('is not synchronized anew after a statement that failed', async () => {
    const store = sqliteStore(replica, { table: 'missing' })
    await expect(store.load('id')).rejects.toThrow('no table')
    sync.mockClear()
    await expect(store.load('id')).rejects.toThrow('no table')
    expect(sync).not.toHaveBeenCalled()
  })
})
