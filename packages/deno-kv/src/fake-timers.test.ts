import { afterEach, expect, it, vi } from 'vitest'
import { denoKvStore } from './deno-kv-store.js'

afterEach(() => {
  vi.useRealTimers()
})

it('the default clock is the one of fake timers, however late they come', async () => {
  const set = vi.fn()
  const operation = { check() {}, set, delete() {}, commit: async () => ({ ok: true }) }
  const store = denoKvStore({ atomic: () => operation, get: vi.fn(), list: vi.fn() })
  const createdAt = 1_000_000_000_000
  vi.useFakeTimers({ toFake: ['Date'], now: createdAt })
  await store.create('id', { data: '{}', createdAt, expiresAt: createdAt + 60_000, owner: undefined, version: 1 })
  expect(set).toHaveBeenCalledWith(expect.anything(), expect.anything(), { expireIn: 60_000 })
})
