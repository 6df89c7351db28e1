import { afterEach, describe, expect, it, vi } from 'vitest'
import { durableObjectStore } from './durable-object-store.js'
import type { KeyValueNamespace } from './kv-namespace.js'
import { kvStore } from './kv-store.js'
import type { SessionObjectStub } from './object-protocol.js'

const createdAt = 1_000_000_000_000
const expiresAt = createdAt + 3_600_000
const record = { data: '{}', createdAt, expiresAt, owner: undefined, version: 1 }

afterEach(() => {
  vi.useRealTimers()
})

describe('the default clock is the one of fake timers, however late they come:', () => {
  it('of kvStore', async () => {
    const put = vi.fn<KeyValueNamespace['put']>(async () => {})
    const never = vi.fn()
    const store = kvStore({ put, get: never, delete: never, list: never })
    vi.useFakeTimers({ toFake: ['Date'], now: createdAt })
    await store.create('id', record)
    expect(put.mock.lastCall?.[2].expirationTtl).toBeGreaterThanOrEqual(3600)
    expect(put.mock.lastCall?.[2].expirationTtl).toBeLessThan(2 * 86_400)
  })

  it('of durableObjectStore', async () => {
    const create = vi.fn<SessionObjectStub['create']>(async (id) => ({ id, written: true }))
    const store = durableObjectStore({
      getByName: () => ({ create, load: vi.fn() }) as Partial<SessionObjectStub> as SessionObjectStub,
    })
    vi.useFakeTimers({ toFake: ['Date'], now: createdAt })
    await store.create('id', record)
    expect(create).toHaveBeenCalledWith('id', record, 3_600_000, undefined)
  })
})
