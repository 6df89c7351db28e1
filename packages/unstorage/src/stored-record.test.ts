import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { SessionManager, type SessionRecord } from '@fetch-sessions/core'
import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type KeyValueStorage, unstorageStore } from './index.js'
import { keyOf } from './keys.js'

const [ADA, BOB] = ['Ada'.padEnd(43, 'x'), 'bob'.padEnd(43, 'y')]
const HOUR = 3_600_000

function record(fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: '{}', createdAt: Date.now(), expiresAt: Date.now() + HOUR, owner: undefined, version: 1, ...fields }
}

/** A storage that may be told to give each read the answer to the one before. */
function mixing(): { storage: KeyValueStorage; right: KeyValueStorage; mix(): void } {
  const right = createStorage()
  let isMixing = false
  let before: unknown = null
  const storage: KeyValueStorage = {
    ...right,
    async getItem(key) {
      const answer: unknown = await right.getItem(key)
      const given = isMixing ? before : answer
      before = answer
      return given
    },
  }
  return {
    storage,
    right,
    mix() {
      isMixing = true
    },
  }
}

describe('with a driver that returns what it could not read as an error', () => {
  it('throws that, of whichever realm it is: in Jest, an error of node:fs is of another one', async () => {
    for (const error of [new Error('EACCES'), runInNewContext("new Error('EACCES')")]) {
      const storage: KeyValueStorage = { ...createStorage(), getItem: async () => error }
      await expect(unstorageStore(storage).load(ADA)).rejects.toBe(error)
    }
  })
})

describe('with a driver that mixes answers up', () => {
  it('no session is taken for another, and none is written over by another', async () => {
    const { storage, right, mix } = mixing()
    const [mixed, store] = [unstorageStore(storage), unstorageStore(right)]
    await store.create(ADA, record({ data: 'of Ada' }))
    await store.create(BOB, record({ data: 'of Bob' }))
    mix()
    for (const call of [
      () => mixed.load(BOB),
      () => mixed.touch(BOB, Date.now() + 2 * HOUR, 1),
      () => mixed.update(BOB, record({ data: 'written', version: 2 })),
      () => mixed.list(undefined, 10, Date.now()),
    ]) {
      await mixed.load(ADA).catch(() => {})
      await expect(call()).rejects.toThrow('gave the session of another id')
    }
    expect(await store.load(ADA)).toMatchObject({ data: 'of Ada', version: 1 })
    expect(await store.load(BOB)).toMatchObject({ data: 'of Bob', version: 1 })
  })

  it('a session is removed all the same, also where the driver says that there is none', async () => {
    for (const first of [ADA, 'none'.padEnd(43, 'z')]) {
      const { storage, right, mix } = mixing()
      const [mixed, store] = [unstorageStore(storage), unstorageStore(right)]
      await store.create(ADA, record())
      await store.create(BOB, record())
      mix()
      await mixed.load(first).catch(() => {})
      await mixed.delete(BOB).catch(() => {})
      expect(await store.load(BOB)).toBeUndefined()
      expect(await store.load(ADA)).toBeDefined()
    }
  })

  it('no visitor sees another’s session', async () => {
    const { storage, right, mix } = mixing()
    const secret = 'thirty-two bytes of secret, at least'
    const sessions = new SessionManager<{ user: string }>({ store: unstorageStore(right), secret })
    const visitors = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => ({
        user: `user ${i}`,
        ...(await sessions.issue({ user: `user ${i}` })),
      })),
    )
    const mixed = new SessionManager<{ user: string }>({ store: unstorageStore(storage), secret })
    mix()
    for (const { user, cookie } of [...visitors, ...visitors]) {
      const seen = await mixed.read(new Request('https://app.example', { headers: { cookie } })).then(
        (session) => String(session.get('user')),
        (error: Error) => error.message,
      )
      expect(seen).not.toMatch(/user \d/)
      expect(seen).not.toBe(user)
    }
  })
})

describe('what is no session', () => {
  async function folderOf(files: Record<string, string>) {
    const base = await mkdtemp(join(tmpdir(), 'fetch-sessions-unstorage-'))
    onTestFinished(() => rm(base, { recursive: true, force: true }))
    await mkdir(join(base, 'session'))
    for (const [name, text] of Object.entries(files)) await writeFile(join(base, 'session', name), text)
    const store = unstorageStore(createStorage({ driver: fsDriver({ base }) }))
    return { store, files: async () => (await readdir(join(base, 'session'))).sort(), folder: join(base, 'session') }
  }
  const name = (first: string) => keyOf(first.padEnd(43, 'x'))
  const cut = JSON.stringify({ id: 'd'.padEnd(43, 'x'), ...record() }).slice(0, 60)

  it('because its writer was stopped, is swept, and counts', async () => {
    const { store, files, folder } = await folderOf({
      [name('a')]: '',
      [name('b')]: '\0'.repeat(200),
      [name('c')]: cut,
      [name('d')]: ' \n',
    })
    await store.create('e'.padEnd(43, 'x'), record())
    await utimes(join(folder, name('a')), new Date(0), new Date(0))
    expect(await store.deleteExpired(Date.now(), 3)).toBe(3)
    expect(await files()).toHaveLength(2)
    expect(await store.deleteExpired(Date.now(), 3)).toBe(1)
    expect(await files()).toEqual([name('e')])
  })

  it('because its writer is not at the end yet, is not swept', async () => {
    const { store, files, folder } = await folderOf({ [name('a')]: '' })
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const swept = store.deleteExpired(Date.now(), 10)
    // It reads again a few times, a moment apart. What such a moment does not end is the wait for the writer.
    do {
      while (vi.getTimerCount() === 0) await new Promise(setImmediate)
      vi.advanceTimersByTime(100)
    } while (vi.getTimerCount() === 0)
    await writeFile(join(folder, name('a')), JSON.stringify({ id: 'a'.padEnd(43, 'x'), ...record() }))
    vi.runOnlyPendingTimers()
    expect(await swept).toBe(0)
    expect(await files()).toEqual([name('a')])
    expect(await store.load('a'.padEnd(43, 'x'))).toBeDefined()
  })

  it('because somebody else wrote it, is neither swept nor cleared nor listed', async () => {
    const foreign = {
      config: '',
      [name('a')]: 'a text',
      [name('b')]: '{"name":"b"}',
      [name('c')]: '[1]',
      [name('d')]: '7',
    }
    const { store, files } = await folderOf(foreign)
    await store.create('e'.padEnd(43, 'x'), record({ expiresAt: 1 }))
    expect((await store.list(undefined, 10, 0)).entries).toHaveLength(1)
    expect(await store.deleteExpired(Date.now(), 10)).toBe(1)
    await store.create('f'.padEnd(43, 'x'), record())
    await store.clear()
    expect(await files()).toEqual(Object.keys(foreign).sort())
  })

  it('because somebody else wrote it, is an error and no missing session, until it is deleted', async () => {
    const id = 'a'.padEnd(43, 'x')
    for (const text of ['<html>Sign in to this network</html>', '{"error":"not found"}', '[1]']) {
      const { store, files } = await folderOf({ [name('a')]: text })
      for (const call of [
        () => store.load(id),
        () => store.create(id, record()),
        () => store.update(id, record({ version: 2 })),
        () => store.touch(id, Date.now() + HOUR, 1),
      ]) {
        await expect(call()).rejects.toThrow('gave a value that this store did not write')
      }
      expect(await store.delete(id)).toBe(true)
      expect(await files()).toEqual([])
    }
  })

  it('does not let a sign-out look done', async () => {
    const storage = createStorage()
    const sessions = new SessionManager({
      store: unstorageStore(storage),
      secret: 'thirty-two bytes of secret, at least',
      warnings: false,
    })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const right = storage.getItem
    storage.getItem = async () => '<html>Sign in to this network</html>' as never
    const request = () => new Request('https://app.example', { headers: { cookie } })
    const signOut = sessions.handle(request(), async (handle) => {
      ;(await handle.write()).destroy()
      return new Response()
    })
    await expect(signOut).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    storage.getItem = right
    expect((await sessions.read(request())).isNew).toBe(false)
  })
})
