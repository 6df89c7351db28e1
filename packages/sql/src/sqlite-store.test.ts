import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { clients } from '../test/open-store.js'
import { suite } from '../test/suite.js'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(!hasBetterSqlite3)('better-sqlite3', () => {
  suite('in memory', () => clients['better-sqlite3'](':memory:'))
  suite('and a file', () => clients['better-sqlite3'](join(folder, 'better-sqlite3.db')))
})
suite('libSQL in memory', () => clients.libSQL(':memory:'))
suite('libSQL and a file', () => clients.libSQL(`file:${join(folder, 'libsql.db')}`))
