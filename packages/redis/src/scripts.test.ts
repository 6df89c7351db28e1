import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../store-testing/test/free-port.js'
import { canStartRedis, RedisServer } from '../test/redis-server.js'
import { newId, newRecord } from '../test/sample.js'
import { driverOf, type RedisDriver } from './driver.js'
import { OWNER } from './owner-index.js'
import type { Script } from './script.js'
import { CLEAR, CREATE, DELETE, ENTER, REMOVE, TOUCH, UPDATE } from './scripts.js'
import { argumentsOf } from './session-hash.js'

const HOUR = '3600000'
const [id, none, foreign, other] = [newId(), newId(), newId(), newId()]
const record = newRecord({ owner: 'ada' })
const [expiresAt, later] = [String(record.expiresAt), String(record.expiresAt * 2)]
const ofAda = argumentsOf(record, HOUR, record.expiresAt)
const ofBob = argumentsOf({ ...record, owner: 'bob' }, HOUR, undefined)

/** Each way in which a script that writes can come to an end without having written. */
const cases: [what: string, script: Script, name: string, args: string[], reply: unknown[]][] = [
  ['a new session whose id is taken', CREATE, id, ofAda, [0]],
  ['an update of no session', UPDATE, none, [...ofAda, '1'], [0]],
  ['an update of another version', UPDATE, id, [...ofAda, '7'], [0]],
  ['an update to an owner whose index has to come first', UPDATE, id, [...ofBob, '1'], [2, `=${expiresAt}`]],
  ['a touch of no session', TOUCH, none, [expiresAt, HOUR, '', later, '1'], [0]],
  ['a touch of another version', TOUCH, id, [expiresAt, HOUR, '', later, '7'], [0]],
  ['a touch that the index has to come before', TOUCH, id, [later, HOUR, '', later, '1'], [2, '=ada', `=${expiresAt}`]],
  ['a sign-out of no session', DELETE, none, [''], [0]],
  ['a sign-out of an owner’s session that is not there', DELETE, none, ['=ada'], [0]],
  ['a sign-out of an owner’s session that is another’s', DELETE, id, ['=bob'], [2]],
  ['a sign-out of an owner’s session that is no session', DELETE, foreign, ['=ada'], [0]],
  ['the end of no session', CLEAR, none, [], [0]],
  ['the end of something of another type', CLEAR, foreign, [], [0]],
  ['the end of a hash that is no session', CLEAR, other, [], [0]],
  ['an entry that the index has', ENTER, `${OWNER}ada`, [id, expiresAt, expiresAt, '0', HOUR], [1]],
  ['entries that the index does not have', REMOVE, `${OWNER}ada`, [later, none, foreign], [1]],
  ['an entry that the index has for longer', REMOVE, `${OWNER}ada`, ['1', id], [1]],
]

describe.skipIf(!(await canStartRedis()))('a script that has nothing to write', () => {
  let server: RedisServer
  let redis: Redis
  let driver: RedisDriver
  beforeAll(async () => {
    server = await RedisServer.start()
    redis = new Redis(server.url)
    driver = { ...driverOf(redis), reconnect() {} }
    expect(await run(CREATE, id, ofAda)).toEqual([1])
    await run(ENTER, `${OWNER}ada`, [id, expiresAt, expiresAt, '0', HOUR])
    await redis.set(foreign, 'text')
    await redis.hset(other, { version: '1', data: '{}' })
  }, 120_000)
  afterAll(async () => {
    redis?.disconnect()
    await server?.stop()
  })

  const run = (script: Script, name: string, args: string[]) => script.run(driver, name, name, args)

  it.each(cases)('says so on a master, and refuses on a replica: %s', async (_, script, name, args, reply) => {
    await server.cli('replicaof', 'no', 'one')
    const replied = await run(script, name, args)
    expect(replied.slice(0, reply.length)).toEqual(reply)
    await server.cli('replicaof', '127.0.0.1', String(await freePort()))
    await expect(run(script, name, args)).rejects.toThrow('READONLY')
  })
})
