import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionRecord } from '@fetch-sessions/core'
import { createClient } from '@libsql/client'
import { afterAll, describe, expect, it } from 'vitest'
import { type AsyncSqlStore, sqliteStore } from './index.js'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-libsql-'))
afterAll(() => rmSync(folder, { recursive: true }))

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
      await expect(write(store)).rejects.toThrow(/SQLITE_BUSY/)
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
