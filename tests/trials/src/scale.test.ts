import { expect, it } from 'vitest'
import { canStartRedis } from '../../../packages/redis/test/redis-server.js'
import { findPostgresPrograms } from './postgres-server.js'
import { measurePostgres, measureRedis } from './scale.js'

const SESSIONS = 20_000

it.skipIf((await findPostgresPrograms()) === undefined)(
  'the measuring of many sessions works in PostgreSQL',
  async () => {
    const { bytesPerSession, deleteExpired, listed } = await measurePostgres(SESSIONS)
    expect(bytesPerSession).toBeGreaterThan(100)
    expect(deleteExpired?.sessions).toBe(SESSIONS / 5)
    expect(listed.once).toBe(listed.stayed)
  },
)

it.skipIf(!(await canStartRedis()))('the measuring of many sessions works in Redis', async () => {
  const { sessions, bytesPerSession, listed } = await measureRedis(SESSIONS)
  expect(sessions).toBe(SESSIONS)
  expect(bytesPerSession).toBeGreaterThan(100)
  expect(listed.once).toBe(listed.stayed)
})
