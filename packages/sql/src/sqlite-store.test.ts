import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { clients } from '../test/open-store.js'
import { suite } from '../test/suite.js'

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

suite('better-sqlite3 in memory', () => clients['better-sqlite3'](':memory:'))
suite('better-sqlite3 and a file', () => clients['better-sqlite3'](join(folder, 'better-sqlite3.db')))
suite('libSQL in memory', () => clients.libSQL(':memory:'))
suite('libSQL and a file', () => clients.libSQL(`file:${join(folder, 'libsql.db')}`))
