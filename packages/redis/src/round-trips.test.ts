import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canStartRedis, RedisServer } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import { signal } from '../test/signal.js'
import { type RedisStore, redisStore } from './redis-store.js'

const HOUR = 3_600_000

describe.skipIf(!(await canStartRedis()))('what a call sends to the server', () => {
  let server: RedisServer
  let redis: Redis
  let monitor: Redis
  let store: RedisStore
  beforeAll(async () => {
    server = await RedisServer.start()
    redis = new Redis(server.url)
    store = redisStore(redis)
    // Once it is ready, it asks for nothing by itself, which the monitor would be told of before it is one.
    await redis.ping()
    monitor = await redis.monitor()
  }, 120_000)
  afterAll(async () => {
    monitor?.disconnect()
    redis?.disconnect()
    await server?.stop()
  })

  /** The commands, with the keys of scripts, that come in during the call. */
  async function sentBy(call: () => Promise<unknown>): Promise<string[]> {
    const sent: string[] = []
    const note = (_time: string, [name = '', , , key = '']: string[], source: string) => {
      // What a script does comes with no address.
      if (source !== 'lua') sent.push(name.startsWith('eval') ? `${name} ${key.replace(/[\w-]{43}$/, '<id>')}` : name)
    }
    await monitorIsUpToDate()
    monitor.on('monitor', note)
    await call()
    await monitorIsUpToDate()
    monitor.off('monitor', note)
    return sent.filter((name) => name !== 'echo')
  }

  /** The monitor has its own connection, so it tells of a command only some time after its reply. */
  async function monitorIsUpToDate(): Promise<void> {
    const marker = newId()
    const [seen, see] = signal()
    const look = (_time: string, args: string[]) => args[1] === marker && see()
    monitor.on('monitor', look)
    await redis.echo(marker)
    await seen
    monitor.off('monitor', look)
  }

  const session = 'evalsha session:<id>'
  const index = 'evalsha session:owner:ada'
  const scan = 'evalsha session:'

  /** Each script once, so that the server knows them. */
  async function warmUp(store: RedisStore): Promise<void> {
    const id = newId()
    const record = newRecord({ owner: 'warm' })
    await store.create(id, record)
    await store.load(id)
    await store.update(id, { ...record, version: 2 })
    await store.touch(id, record.expiresAt, 2)
    await store.listByOwner('warm')
    await store.list(undefined, 1, 0)
    await store.delete(id)
    await store.create(id, record)
    await store.deleteByOwner('warm')
    await store.clear()
  }

  it('is a script by its hash, and by its text when the server has forgotten it', async () => {
    await redis.script('FLUSH')
    expect(await sentBy(() => store.load(newId()))).toEqual([session, 'eval session:<id>'])
    expect(await sentBy(() => store.load(newId()))).toEqual([session])
    await redis.script('FLUSH')
    expect(await store.create(newId(), newRecord())).toBe(true)
  })

  it('asks whether the server is the master where it reads and where nothing was written, and else does not', async () => {
    await warmUp(store)
    const probesOf = async (call: () => Promise<unknown>): Promise<number> => {
      let probes = 0
      const note = (_time: string, args: string[]) => {
        if (args[2] === '-fetch-sessions-') probes++
      }
      await monitorIsUpToDate()
      monitor.on('monitor', note)
      await call()
      await monitorIsUpToDate()
      monitor.off('monitor', note)
      return probes
    }
    const id = newId()
    const record = newRecord({ owner: 'ada' })
    const { expiresAt } = record
    expect(await probesOf(() => store.create(id, record))).toBe(0)
    expect(await probesOf(() => store.update(id, { ...record, version: 2 }))).toBe(0)
    expect(await probesOf(() => store.touch(id, expiresAt + 1, 2))).toBe(0)
    expect(await probesOf(() => store.load(id))).toBe(1)
    expect(await probesOf(() => store.create(id, record))).toBe(1)
    expect(await probesOf(() => store.update(id, { ...record, version: 2 }))).toBe(1)
    expect(await probesOf(() => store.touch(id, expiresAt, 1))).toBe(1)
    expect(await probesOf(() => store.delete(id))).toBe(0)
    expect(await probesOf(() => store.delete(id))).toBe(1)
  })

  describe('for a session without an owner', () => {
    it('is one command', async () => {
      await warmUp(store)
      const id = newId()
      const record = newRecord()
      expect(await sentBy(() => store.create(id, record))).toEqual([session])
      expect(await sentBy(() => store.create(id, record))).toEqual([session])
      expect(await sentBy(() => store.load(id))).toEqual([session])
      expect(await sentBy(() => store.update(id, { ...record, version: 2, expiresAt: record.expiresAt * 2 }))).toEqual([
        session,
      ])
      expect(await sentBy(() => store.update(id, { ...record, version: 2 }))).toEqual([session])
      expect(await sentBy(() => store.touch(id, record.expiresAt * 3, 2))).toEqual([session])
      expect(await sentBy(() => store.delete(id))).toEqual([session])
      expect(await sentBy(() => store.delete(id))).toEqual([session])
    })
  })

  describe('for a session of an owner', () => {
    it('is one command more where it is written, and two more where the index ends too soon', async () => {
      await warmUp(store)
      const id = newId()
      const record = newRecord({ owner: 'ada' })
      const { expiresAt } = record
      expect(await sentBy(() => store.create(id, record))).toEqual([session, index])
      expect(await sentBy(() => store.load(id))).toEqual([session])
      expect(await sentBy(() => store.touch(id, expiresAt + HOUR / 2, 1))).toEqual([session, index])
      const next = { ...record, version: 2, expiresAt: expiresAt + HOUR / 2 }
      expect(await sentBy(() => store.update(id, next))).toEqual([session, index])
      expect(await sentBy(() => store.touch(id, expiresAt + 2 * HOUR, 2))).toEqual([session, index, session])
      expect(await sentBy(() => store.touch(id, expiresAt + 3 * HOUR, 2))).toEqual([session, index])
      const late = { ...record, version: 3, expiresAt: expiresAt + 99 * HOUR }
      expect(await sentBy(() => store.update(id, late))).toEqual([session, index, index, session])
      expect(await sentBy(() => store.update(id, { ...record, version: 9 }))).toEqual([session, index])
      expect(await sentBy(() => store.touch(id, expiresAt, 2))).toEqual([session])
      expect(await sentBy(() => store.delete(id))).toEqual([session, index])
    })

    it('is four commands, two of them at once, where an update makes it theirs, and two where it takes it away', async () => {
      await warmUp(store)
      const id = newId()
      const record = newRecord()
      await store.create(id, record)
      expect(await sentBy(() => store.update(id, { ...record, owner: 'ada', version: 2 }))).toEqual([
        session,
        index,
        index,
        session,
      ])
      expect(await sentBy(() => store.update(id, { ...record, version: 3 }))).toEqual([session, index])
      await store.clear()
    })
  })

  describe('for an owner', () => {
    it('is the index and each session, and what is removed goes from the index in one', async () => {
      await warmUp(store)
      const ids = [newId(), newId(), newId()]
      for (const id of ids) await store.create(id, newRecord({ owner: 'ada' }))
      expect(await sentBy(() => store.listByOwner('ada'))).toEqual([index, session, session, session])
      await redis.unlink(`session:${ids[0]}`)
      expect(await sentBy(() => store.listByOwner('ada'))).toEqual([index, session, session, session])
      expect(await sentBy(() => store.deleteByOwner('ada'))).toEqual([index, session, session, session, index, index])
      expect(await sentBy(() => store.listByOwner('ada'))).toEqual([index])
    })
  })

  it('for list is a look at the keys with the first page, and each session', async () => {
    await warmUp(store)
    for (let i = 0; i < 5; i++) await store.create(newId(), newRecord())
    let cursor: string | undefined
    const page = async () => {
      cursor = (await store.list(cursor, 2, Date.now())).cursor
    }
    expect(await sentBy(page)).toEqual([scan, session, session])
    expect(await sentBy(page)).toEqual([session, session])
    expect(await sentBy(page)).toEqual([session])
    expect(cursor).toBeUndefined()
    await store.clear()
  })

  it('for clear is a look at the keys, and each session', async () => {
    await warmUp(store)
    for (let i = 0; i < 3; i++) await store.create(newId(), newRecord())
    expect(await sentBy(() => store.clear())).toEqual([scan, session, session, session])
  })
})
