import { SessionManager, type SessionRecord } from '@fetch-sessions/core'
import { connect } from '@tursodatabase/database'
import Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import { hasBetterSqlite3 } from '../test/better-sqlite3.js'
import { type SyncSqlStore, sqliteStore } from './index.js'

const NOW = Date.now()
const record: SessionRecord = { data: '1', createdAt: NOW, expiresAt: NOW + 1e6, owner: 'ada', version: 1 }
const REFUSED = /^fetch-sessions: a transaction that the store did not open is open on its SQLite connection/

describe.skipIf(!hasBetterSqlite3)('a store on an SQLite connection in whose transaction it is', () => {
  let db: Database.Database
  let store: SyncSqlStore
  beforeEach(() => {
    db = new Database(':memory:')
    store = sqliteStore(db)
    store.migrate()
    store.create('id', record)
    return () => db.close()
  })

  const writes: [string, () => unknown][] = [
    ['create', () => store.create('new', record)],
    ['update', () => store.update('id', { ...record, version: 2 })],
    ['touch', () => store.touch('id', NOW, 1)],
    ['delete', () => store.delete('id')],
    ['deleteByOwner', () => store.deleteByOwner('ada')],
    ['deleteExpired', () => store.deleteExpired(NOW + 2e6, 10)],
    ['clear', () => store.clear()],
  ]

  it.each(writes)('refuses %s, and has written nothing when the transaction is over', (_, write) => {
    for (const begin of ['BEGIN', 'BEGIN IMMEDIATE', 'SAVEPOINT theirs']) {
      db.exec(begin)
      expect(write).toThrow(REFUSED)
      db.exec(begin.startsWith('SAVEPOINT') ? 'RELEASE theirs' : 'COMMIT')
      expect(store.load('id')).toEqual(record)
      expect(store.load('new')).toBeUndefined()
    }
    expect(write).not.toThrow()
  })

  it('refuses a write in a synchronous transaction as well, which may be somebody else’s', () => {
    expect(() => db.transaction(() => store.deleteByOwner('ada'))()).toThrow(REFUSED)
    expect(store.load('id')).toEqual(record)
  })

  it('reads, and makes its table', () => {
    db.exec('BEGIN')
    expect(store.load('id')).toEqual(record)
    expect(store.listByOwner('ada')).toHaveLength(1)
    expect(store.list(undefined, 10, NOW).entries).toHaveLength(1)
    sqliteStore(db, { table: 'other' }).migrate()
    db.exec('COMMIT')
  })

  it('acknowledges no sign-out that another visitor’s transaction undoes', async () => {
    const sessions = new SessionManager<{ user: string }>({ store, secret: 'thirty-two bytes of secret, at least' })
    const visit = (cookie: string, handler: Parameters<typeof sessions.handle>[1]) =>
      sessions.handle(new Request('https://example.com/', { headers: { cookie } }), handler)
    const signIn = await visit('', async (handle) => {
      const session = await handle.write()
      session.set('user', 'ada')
      return new Response()
    })
    const cookie = signIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    const signOut = () =>
      visit(cookie, async (handle) => {
        await (await handle.write()).destroy()
        return new Response()
      })
    const user = async () =>
      (await visit(cookie, async (handle) => new Response((await handle.read()).get('user')))).text()
    db.exec('BEGIN')
    await expect(signOut()).rejects.toMatchObject({
      name: 'SessionStoreError',
      cause: { message: expect.stringMatching(REFUSED) },
    })
    db.exec('ROLLBACK')
    expect(await user()).toBe('ada')
    await signOut()
    expect(await user()).toBe('')
  })
})

describe('a store on Turso’s own database', () => {
  it('refuses a write in a transaction that others get into', async () => {
    const db = await connect(':memory:')
    const store = sqliteStore(db)
    await store.migrate()
    await store.create('id', record)
    await db.exec('BEGIN')
    await expect(store.delete('id')).rejects.toThrow(REFUSED)
    expect(await store.load('id')).toEqual(record)
    await db.exec('ROLLBACK')
    expect(await store.delete('id')).toBe(true)
    await db.close()
  })

  it('waits for a transaction that has the connection for itself, and is not undone with it', async () => {
    const db = await connect(':memory:')
    const store = sqliteStore(db)
    await store.migrate()
    await store.create('id', record)
    let fail = () => {}
    const failed = db.transactionAsync(async (_transaction: unknown) => {
      await new Promise<void>((resolve) => {
        fail = resolve
      })
      throw new Error('of the application')
    })()
    const deleted = store.delete('id')
    await new Promise((resolve) => setImmediate(resolve))
    fail()
    await expect(failed).rejects.toThrow('of the application')
    expect(await deleted).toBe(true)
    expect(await store.load('id')).toBeUndefined()
    await db.close()
  })
})
