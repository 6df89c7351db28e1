import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testStore } from '@fetch-sessions/store-testing'
import { connect } from '@tursodatabase/database'
import { afterAll, describe, it } from 'vitest'
import { sqliteStore } from './index.js'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-turso-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

describe.each([
  ['in memory', () => ':memory:'],
  ['in a file', () => join(folder, `${++files}.db`)],
])('Turso’s own database, %s', (_, place) => {
  testStore(
    'sqliteStore',
    async () => {
      const db = await connect(place())
      const store = sqliteStore(db)
      await store.migrate()
      await store.migrate()
      return { store, close: () => db.close() }
    },
    { describe, it },
  )
})
