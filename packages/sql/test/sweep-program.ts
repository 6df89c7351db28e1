// Run by each runtime: how long nobody has a turn while a synchronous SQLite sweeps many expired sessions.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionManager, sweepExpired } from '@fetch-sessions/core'
import { sqliteStore } from '../src/index.js'
import type { SyncSqliteClient } from '../src/sqlite-client.js'

const rows = Number(process.argv[2])
const client = process.argv[3] as string

const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-sweep-'))
const module = (await import(client)) as Record<string, new (path: string) => SyncSqliteClient>
const Database = module.DatabaseSync ?? module.Database ?? module.default
if (Database === undefined) throw new Error(`${client} has no Database`)
const db = new Database(join(folder, 'sweep.db'))
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
const store = sqliteStore(db)
store.migrate()
for (let i = 0; i < rows; i++) {
  const record = { data: '{"userId":"user-12345"}', createdAt: 1, expiresAt: i + 2, version: 1, owner: `u${i % 5000}` }
  store.create(crypto.randomUUID().padEnd(43, 'x'), record)
}
db.exec('PRAGMA synchronous = NORMAL')

const sessions = new SessionManager({ store, secret: 'of the program that sweeps many sessions' })
let last = performance.now()
let longest = 0
const timer = setInterval(() => {
  const now = performance.now()
  longest = Math.max(longest, now - last)
  last = now
}, 5)
await new Promise((resolve) => setTimeout(resolve, 200))
longest = 0
const start = performance.now()
const swept = await sweepExpired(sessions)
const took = performance.now() - start
await new Promise((resolve) => setTimeout(resolve, 20))
clearInterval(timer)
rmSync(folder, { recursive: true })
console.log(JSON.stringify({ swept, took: Math.round(took), longest: Math.round(longest) }))
process.exit(0)
