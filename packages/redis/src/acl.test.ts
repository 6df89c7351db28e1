import { readFileSync } from 'node:fs'
import { testStore } from '@fetch-sessions/store-testing'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openedStore } from '../test/opened-store.js'
import { canStartRedis, RedisServer } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import type { RedisClient } from './clients.js'
import { redisStore } from './redis-store.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
/** The README's own line, but for the name, the password and the prefix. */
const rule = /ACL SETUSER \w+ on '>[^']+' '~[^']+' (.+)/.exec(readme)?.[1] ?? ''
const allowed = [...rule.matchAll(/\+(\w+)/g)].map(([, command]) => command ?? '')

const hasRedis = await canStartRedis()
const runner = {
  describe: describe.skipIf(!hasRedis),
  it: (name: string, body: (...context: unknown[]) => Promise<void>) => it(name, body, 120_000),
}

runner.describe('a user with the README’s list of commands', () => {
  let server: RedisServer
  let url: string
  beforeAll(async () => {
    server = await RedisServer.start()
    await server.cli('acl', 'setuser', 'app', 'on', '>secret', '~test:*', ...rule.trim().split(/\s+/))
    url = server.url.replace('redis://', 'redis://app:secret@')
  }, 120_000)
  afterAll(() => server?.stop())

  describe('with a client of redis', () => {
    let client: RedisClient
    let close = () => {}
    beforeAll(async () => {
      const connected = await createClient({ url, name: 'sessions' })
        .on('error', () => {})
        .connect()
      client = connected
      close = () => connected.destroy()
    })
    afterAll(() => close())
    testStore('redisStore', () => openedStore(client), runner)
  })

  describe('with ioredis', () => {
    let redis: Redis
    beforeAll(() => {
      redis = new Redis(url)
    })
    afterAll(() => redis?.quit())
    testStore('redisStore', () => openedStore(redis), runner)
  })

  it('may do all that the store sends, and nothing more', async () => {
    const admin = new Redis(server.url)
    const redis = new Redis(url)
    const monitor = await admin.monitor()
    onTestFinished(() => {
      for (const connection of [admin, redis, monitor]) connection.disconnect()
    })
    const sent = new Set<string>()
    const [ids, prefix] = [[newId(), newId(), newId()], `test:${newId()}:`]
    const [a = '', b = '', c = ''] = ids
    monitor.on('monitor', (_time: string, [name = '', ...args]: string[], source: string) => {
      if (source === 'lua' || args.some((arg) => arg.includes(prefix))) sent.add(name.toLowerCase())
    })
    const store = redisStore(redis, { prefix })
    const record = newRecord({ owner: 'ada', meta: 'noted' })
    await admin.script('FLUSH')
    for (const id of ids) await store.create(id, record)
    await store.load(a)
    await store.update(a, { ...record, version: 2, expiresAt: record.expiresAt * 2, meta: undefined })
    await store.touch(a, record.expiresAt * 3, 2)
    await store.update(b, { ...record, version: 2, owner: undefined })
    await store.delete(c)
    await store.listByOwner('ada')
    await store.list(undefined, 10, Date.now())
    await store.deleteByOwner('ada')
    await store.clear()
    await expect.poll(() => sent.has('scan'), { timeout: 10_000 }).toBe(true)
    expect([...sent].sort()).toEqual([...allowed].sort())
  }, 120_000)

  it('of which none can be left out', async () => {
    for (const command of allowed.filter((name) => !['eval', 'evalsha'].includes(name))) {
      await server.cli('acl', 'setuser', 'less', 'reset', 'on', '>secret', '~test:*', ...rule.trim().split(/\s+/))
      await server.cli('acl', 'setuser', 'less', `-${command}`)
      const redis = new Redis(server.url.replace('redis://', 'redis://less:secret@'))
      const store = redisStore(redis, { prefix: `test:${newId()}:` })
      const record = newRecord({ owner: 'ada', meta: 'noted' })
      const everything = async () => {
        const id = newId()
        await store.create(id, record)
        await store.load(id)
        await store.update(id, { ...record, version: 2, owner: undefined, meta: undefined })
        await store.touch(id, record.expiresAt * 2, 2)
        await store.listByOwner('ada')
        await store.list(undefined, 10, Date.now())
        await store.delete(id)
      }
      // Taking out of the index is no reason to fail.
      if (command !== 'zrem') await expect(everything(), command).rejects.toThrow(/can't run this command|NOPERM/)
      redis.disconnect()
    }
  }, 120_000)
})
