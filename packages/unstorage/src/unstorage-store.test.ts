import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionManager, type SessionRecord } from '@fetch-sessions/core'
import { testStore } from '@fetch-sessions/store-testing'
import { Redis } from 'ioredis'
import { createStorage, prefixStorage, type Storage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import lruCacheDriver from 'unstorage/drivers/lru-cache'
import redisDriver from 'unstorage/drivers/redis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { unstorageStore } from './index.js'

const runner = {
  describe,
  it: (name: string, body: (...context: unknown[]) => Promise<void>) => it(name, body, 30_000),
}
const redisUrl = await findServer('Redis', 'REDIS_URL', 'redis://127.0.0.1:6379')

const ID = 'AbC_d-'.padEnd(43, 'x')
const HOUR = 3_600_000

function record(fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: '{}', createdAt: Date.now(), expiresAt: Date.now() + HOUR, owner: undefined, version: 1, ...fields }
}

/** What is to be undone after a test, last first. */
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-unstorage-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

testStore('the memory driver', () => ({ store: unstorageStore(createStorage()) }), runner)

testStore(
  'the lru-cache driver',
  () => ({ store: unstorageStore(createStorage({ driver: lruCacheDriver({}) })) }),
  runner,
)

testStore(
  'the fs driver',
  async () => {
    const base = await mkdtemp(join(tmpdir(), 'fetch-sessions-unstorage-'))
    return {
      store: unstorageStore(createStorage({ driver: fsDriver({ base }) })),
      close: () => rm(base, { recursive: true, force: true }),
    }
  },
  runner,
)

function openRedis(): { storage: Storage; prefix: string; close: () => Promise<void> } {
  const prefix = `test-${randomUUID()}`
  const storage = createStorage({ driver: redisDriver({ url: redisUrl as string }) })
  const close = async () => {
    for (const key of await storage.getKeys(prefix)) await storage.removeItem(key)
    await storage.dispose()
  }
  return { storage, prefix, close }
}

describe.skipIf(redisUrl === undefined)('with Redis', () => {
  testStore(
    'the redis driver',
    () => {
      const { storage, prefix, close } = openRedis()
      return { store: unstorageStore(storage, { prefix }), close }
    },
    runner,
  )

  it('the driver’s own expiry is that of the record, in whole seconds, rounded up', async () => {
    const { storage, prefix, close } = openRedis()
    undo.push(close)
    const client = new Redis(redisUrl as string)
    undo.push(() => client.quit())
    const store = unstorageStore(storage, { prefix })
    const now = Date.now()
    store.useClock(() => now)
    await store.create(ID, record({ expiresAt: now + 90_001 }))
    const [key = ''] = await client.keys(`${prefix}:*`)
    // What Redis tells is rounded, and a moment has gone by.
    expect(await client.pttl(key)).toSatisfy((left: number) => left > 80_000 && left <= 91_000)
    await store.touch(ID, now + HOUR, 1)
    expect(await client.pttl(key)).toBeGreaterThan(HOUR - 10_000)
  })

  it('a record goes away by itself, and nothing has to sweep it', async () => {
    const { storage, prefix, close } = openRedis()
    undo.push(close)
    const store = unstorageStore(storage, { prefix })
    await store.create(ID, record({ expiresAt: Date.now() + 10 }))
    await expect.poll(() => store.load(ID), { timeout: 10_000 }).toBeUndefined()
    expect(await storage.getKeys(prefix)).toEqual([])
  })
})

describe('keys', () => {
  it('hold no capital letter, so that a file system that ignores case keeps ids apart', async () => {
    const storage = createStorage()
    const store = unstorageStore(storage)
    await store.create(ID, record())
    expect(await storage.getKeys()).toEqual([`session:_ab_c__d-${'x'.repeat(37)}`])
  })

  it('begin with the prefix, with or without a colon at its end', async () => {
    for (const prefix of ['my-app:sessions', 'my-app:sessions:']) {
      const storage = createStorage()
      const store = unstorageStore(storage, { prefix })
      await store.create('a'.repeat(43), record())
      expect(await storage.getKeys()).toEqual([`my-app:sessions:${'a'.repeat(43)}`])
    }
  })

  it.each(['', ':', 'a?b', 'a/b', '../a', 'a::b', ' '])('refuse the prefix %j', (prefix) => {
    expect(() => unstorageStore(createStorage(), { prefix })).toThrow(/^fetch-sessions: unstorageStore: prefix must be/)
  })

  it('refuse a cursor that no list of theirs gave, in words', async () => {
    const list = unstorageStore(createStorage()).list('7', 10, 0)
    await expect(list).rejects.toThrow(TypeError)
    await expect(list).rejects.toThrow(/^fetch-sessions: the cursor is none that unstorageStore gave/)
  })

  it('may lie in a part of a storage', async () => {
    const storage = createStorage()
    const store = unstorageStore(prefixStorage(storage, 'app'))
    await store.create(ID, record({ expiresAt: 1 }))
    expect((await storage.getKeys())[0]).toMatch(/^app:session:/)
    expect(await store.deleteExpired(1, 10)).toBe(1)
    expect(await storage.getKeys()).toEqual([])
  })
})

describe('clear and deleteExpired', () => {
  it('leave alone what is not a session', async () => {
    const storage = createStorage()
    await storage.setItem('other', 'kept')
    await storage.setItem('sessions:other', 'kept')
    const store = unstorageStore(storage)
    await store.create(ID, record({ expiresAt: 1 }))
    await store.create(ID.replace('A', 'B'), record())
    expect(await store.deleteExpired(Date.now(), 10)).toBe(1)
    await store.clear()
    expect((await storage.getKeys()).sort()).toEqual(['other', 'sessions:other'])
  })
})

describe('times', () => {
  it.each([
    ['in parts of milliseconds', 1234.5],
    ['that no calendar knows', 8.64e15],
  ])('%s reach the driver as whole seconds that it can take', async (_, lifetime) => {
    const storage = createStorage()
    const ttls: number[] = []
    const store = unstorageStore({
      ...storage,
      setItem: (key, value, options) => {
        ttls.push(options.ttl)
        return storage.setItem(key, value as never)
      },
    })
    const now = Date.now() + 0.25
    store.useClock(() => now)
    await store.create(ID, record({ expiresAt: now + lifetime }))
    await store.touch(ID, now + lifetime, 1)
    expect(ttls).toHaveLength(2)
    for (const ttl of ttls) expect(Number.isInteger(ttl) && ttl > 1 && ttl < 2 ** 31).toBe(true)
  })
})

describe('the consistency', () => {
  it('is the driver’s, of which the application may say that it is eventual', () => {
    expect(unstorageStore(createStorage()).consistency).toBe('strong')
    expect(unstorageStore(createStorage(), { consistency: 'eventual' }).consistency).toBe('eventual')
    expect(() => unstorageStore(createStorage(), { consistency: 'weak' as 'strong' })).toThrow(
      /^fetch-sessions: unstorageStore: consistency must be/,
    )
  })
})

describe('a session of a manager', () => {
  it('survives a restart with the fs driver, whatever its keys are called', async () => {
    const base = await newFolder()
    const open = () =>
      new SessionManager<Record<string, unknown>>({
        store: unstorageStore(createStorage({ driver: fsDriver({ base }) })),
        secret: 'thirty-two bytes of secret, at least',
      })
    const data = { ['__proto__']: 'a', constructor: { prototype: 1 }, text: 'null', number: '1' }
    const { cookie } = await open().issue(data)
    const session = await open().read(new Request('https://example.com', { headers: { cookie } }))
    expect(session.isNew).toBe(false)
    expect(JSON.stringify(session)).toBe(JSON.stringify(data))
  })
})

describe('writes of one session at the same moment', () => {
  it('line up in one process, so that none is lost there', async () => {
    const store = unstorageStore(createStorage({ driver: fsDriver({ base: await newFolder() }) }))
    await store.create(ID, record({ data: '0' }))
    const increment = async (): Promise<void> => {
      const stored = (await store.load(ID)) as SessionRecord
      const next = { ...stored, version: stored.version + 1, data: String(Number(stored.data) + 1) }
      if (!(await store.update(ID, next))) await increment()
    }
    await Promise.all(Array.from({ length: 25 }, increment))
    expect(await store.load(ID)).toMatchObject({ data: '25', version: 26 })
  })
})

describe('a call of the driver that never settles', () => {
  it('holds the writes of its session back for five seconds, and those of no other', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    undo.push(async () => vi.useRealTimers())
    const storage = createStorage()
    let isHanging = false
    const store = unstorageStore({
      ...storage,
      setItem: (key, value) => (isHanging ? new Promise(() => {}) : storage.setItem(key, value as never)),
    })
    const [other, changed] = ['b'.repeat(43), record({ data: 'changed', version: 2 })]
    await store.create(ID, record())
    await store.create(other, record())
    isHanging = true
    void store.update(ID, record({ version: 2 }))
    await vi.advanceTimersByTimeAsync(100)
    isHanging = false
    expect(await store.update(other, changed)).toBe(true)
    const outcomes: unknown[] = []
    void store.update(ID, changed).then((isDone) => outcomes.push(isDone))
    void store.delete(ID).then((isDone) => outcomes.push(isDone))
    await vi.advanceTimersByTimeAsync(4800)
    expect(outcomes).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(outcomes).toEqual([true, true])
    expect(await store.load(ID)).toBeUndefined()
  })
})

describe('a file that can’t be used', () => {
  /** A store with one session, and the file it is in. */
  async function oneSession() {
    const base = await newFolder()
    const store = unstorageStore(createStorage({ driver: fsDriver({ base }) }))
    await store.create(ID, record())
    const folder = join(base, 'session')
    const [name = ''] = await readdir(folder)
    return { store, folder, file: join(folder, name) }
  }

  it('that another process is writing is read again until it is whole', async () => {
    const { store, file } = await oneSession()
    const whole = record({ data: 'whole' })
    const text = JSON.stringify({ id: ID, ...whole })
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    undo.push(async () => vi.useRealTimers())
    await writeFile(file, '')
    const loading = store.load(ID)
    for (const part of [text.slice(0, 20), text]) {
      // Until the store has read what is there, and waits.
      while (vi.getTimerCount() === 0) await new Promise(setImmediate)
      await writeFile(file, part)
      vi.runOnlyPendingTimers()
    }
    expect(await loading).toEqual(whole)
  })

  it('that was left half-written is no session, and can be deleted', async () => {
    const { store, file } = await oneSession()
    await writeFile(file, '{"data":"{\\"cou')
    expect(await store.load(ID)).toBeUndefined()
    expect(await store.update(ID, record({ version: 2 }))).toBe(false)
    expect(await store.delete(ID)).toBe(true)
    expect(await store.load(ID)).toBeUndefined()
  })

  it('that can’t be read is an error, not a missing session', async () => {
    const { store, file } = await oneSession()
    await rm(file)
    // In the way of a read by anyone, and by the superuser as well.
    await writeFile(file, 'x')
    const inside = unstorageStore(createStorage({ driver: fsDriver({ base: file }) }))
    await expect(inside.load(ID)).rejects.toThrow('ENOTDIR')
    await expect(store.load(ID)).rejects.toThrow('did not write')
  })

  // The superuser may read any folder, and not every runtime lets a process be somebody else.
  const isSuperuser = process.geteuid?.() === 0
  it.skipIf(isSuperuser && process.seteuid === undefined)(
    'in a folder that can’t be read is an error for every call, not a session that is not there',
    async () => {
      const base = await newFolder()
      const store = unstorageStore(createStorage({ driver: fsDriver({ base }) }))
      await store.create(ID, record())
      await chmod(join(base, 'session'), 0)
      await chmod(base, 0o755)
      if (isSuperuser) process.seteuid?.(65_534)
      undo.push(async () => {
        if (isSuperuser) process.seteuid?.(0)
        await chmod(join(base, 'session'), 0o755)
      })
      for (const call of [
        () => store.load(ID),
        () => store.create(ID, record()),
        () => store.update(ID, record({ version: 2 })),
        () => store.touch(ID, Date.now() + HOUR, 1),
        () => store.delete(ID),
        () => store.list(undefined, 10, Date.now()),
        () => store.deleteExpired(Date.now(), 10),
        () => store.clear(),
      ]) {
        await expect(call()).rejects.toThrow()
      }
      if (isSuperuser) process.seteuid?.(0)
      await chmod(join(base, 'session'), 0o755)
      expect(await store.load(ID)).toBeDefined()
      expect(await store.delete(ID)).toBe(true)
    },
  )

  it('that can’t be removed is an error, not a sign-out', async () => {
    const base = await newFolder()
    const options = { base }
    const writable = unstorageStore(createStorage({ driver: fsDriver(options) }))
    await writable.create(ID, record())
    const readOnly = unstorageStore(createStorage({ driver: fsDriver({ base, readOnly: true }) }))
    await expect(readOnly.delete(ID)).rejects.toThrow('still there')
    expect(await writable.load(ID)).toBeDefined()
  })
})

describe('when the engine is out of reach', () => {
  it('each operation rejects with the driver’s error', async () => {
    const driver = redisDriver({ host: '127.0.0.1', port: 1, maxRetriesPerRequest: 0 })
    const storage = createStorage({ driver })
    undo.push(() => storage.dispose())
    const client = driver.getInstance?.() as Redis
    client.on('error', () => {})
    const store = unstorageStore(storage)
    for (const call of [
      () => store.load(ID),
      () => store.create(ID, record()),
      () => store.update(ID, record({ version: 2 })),
      () => store.touch(ID, Date.now(), 1),
      () => store.list(undefined, 1, Date.now()),
      () => store.delete(ID),
      () => store.deleteExpired(Date.now(), 1),
      () => store.clear(),
    ]) {
      await expect(call()).rejects.toThrow()
    }
  })
})
