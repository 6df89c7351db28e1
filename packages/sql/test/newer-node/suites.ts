// Run by a newer Node: the suite for node:sqlite, and for D1 in workerd, whose worker is the argument.

import { deepEqual, throws } from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it, type TestContext } from 'node:test'
import { storeChecks, testStore } from '@fetch-sessions/store-testing'
import { Miniflare } from 'miniflare'
import { sqliteStore } from '../../src/index.js'
import { newTable } from '../table.js'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-node-'))
const file = new DatabaseSync(join(folder, 'node.db'))
const memory = new DatabaseSync(':memory:')
const miniflare = new Miniflare({
  modules: true,
  scriptPath: process.argv[2] as string,
  compatibilityDate: '2026-07-01',
  d1Databases: ['DB'],
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

describe('node:sqlite', () => {
  it('may be closed and opened again', () => {
    const db = new DatabaseSync(join(folder, 'opened-again.db'))
    const store = sqliteStore(db)
    store.migrate()
    const id = 'o'.repeat(43)
    const record = { data: '{}', createdAt: 1, expiresAt: Date.now() + 1e6, owner: undefined, version: 1 }
    for (let openings = 0; openings < 2; openings++) {
      deepEqual(store.create(id, record), openings === 0)
      deepEqual(store.load(id)?.data, '{}')
      db.close()
      throws(() => store.load(id))
      db.open()
    }
    deepEqual(store.delete(id), true)
    db.close()
  })

  it('refuses a write in a transaction of others', () => {
    const db = new DatabaseSync(':memory:')
    const store = sqliteStore(db)
    store.migrate()
    db.exec('BEGIN')
    throws(() => store.delete('id'), /a transaction that the store did not open/)
    deepEqual(store.load('id'), undefined)
    db.exec('ROLLBACK')
    deepEqual(store.delete('id'), false)
    db.close()
  })
})

const onlyNamed = () => {
  throw new Error('The checks run in the worker')
}

describe('D1 in workerd', () => {
  for (const [i, { group, name }] of storeChecks(onlyNamed).entries()) {
    it(`${group}: ${name}`, async (context: TestContext) => {
      const response = await miniflare.dispatchFetch(`http://d1/${i}`)
      const answer = await response.text()
      if (answer === 'skipped') context.skip()
      else if (answer !== 'passed') throw new Error(answer)
    })
  }
})
