import { createStorage } from 'unstorage'
import { afterEach, expect, it, vi } from 'vitest'
import { unstorageStore } from './unstorage-store.js'

afterEach(() => {
  vi.useRealTimers()
})

it('the default clock is the one of fake timers, however late they come', async () => {
  const storage = createStorage()
  const setItem = vi.spyOn(storage, 'setItem')
  const store = unstorageStore(storage)
  const createdAt = 1_000_000_000_000
  vi.useFakeTimers({ toFake: ['Date'], now: createdAt })
  await store.create('x'.repeat(43), {
    data: '{}',
    createdAt,
    expiresAt: createdAt + 60_000,
    owner: undefined,
    version: 1,
  })
  expect(setItem).toHaveBeenLastCalledWith(expect.any(String), expect.anything(), { ttl: 60 })
})
