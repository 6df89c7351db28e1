import { createClient } from '@libsql/client'
import { afterEach, expect, it, vi } from 'vitest'
import { sqliteStore } from './index.js'

afterEach(() => {
  vi.useRealTimers()
})

it('the default clock is the one of fake timers, however late they come', async () => {
  const client = createClient({ url: ':memory:' })
  const store = sqliteStore(client)
  await store.migrate()
  const now = Date.now()
  await store.create('id', { data: '{}', createdAt: now, expiresAt: now + 1000, owner: 'ada', version: 1 })
  expect(await store.listByOwner('ada')).toHaveLength(1)
  vi.useFakeTimers({ toFake: ['Date'], now: now + 1000 })
  expect(await store.listByOwner('ada')).toEqual([])
  client.close()
})
