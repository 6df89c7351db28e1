// Run by a newer Node: the suite for node:sqlite, and for D1 in workerd.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { testStore } from '@fetch-sessions/store-testing'
import { Miniflare } from 'miniflare'
import { type D1Client, sqliteStore } from '../../src/index.js'
import { newTable } from '../table.js'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-node-'))
const file = new DatabaseSync(join(folder, 'node.db'))
const memory = new DatabaseSync(':memory:')
const miniflare = new Miniflare({
  modules: true,
  script: 'export default { fetch: () => new Response() }',
  compatibilityDate: '2026-07-01',
  d1Databases: ['DB'],
})
let d1: D1Client

before(async () => {
  d1 = await miniflare.getD1Database('DB')
})

after(async () => {
  file.close()
  memory.close()
  await miniflare.dispose()
  rmSync(folder, { recursive: true })
})

for (const [name, db] of [
  ['node:sqlite in memory', memory],
  ['node:sqlite and a file', file],
] as const) {
  testStore(
    name,
    () => {
      const table = newTable()
      const store = sqliteStore(db, { table })
      store.migrate()
      return { store, close: () => db.exec(`DROP TABLE ${table}`) }
    },
    { describe, it },
  )
}

testStore(
  'D1',
  async () => {
    const table = newTable()
    const store = sqliteStore(d1, { table })
    await store.migrate()
    return { store, close: async () => void (await d1.prepare(`DROP TABLE ${table}`).bind().run()) }
  },
  // D1 keeps a text of 2 000 000 bytes at most, which is more than the suite asks for.
  { describe, it },
)
