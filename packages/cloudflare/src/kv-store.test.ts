import type { SessionRecord } from '@fetch-sessions/core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bundleWorker, WorkerProcess } from '../test/worker-process.js'
import { type KeyValueNamespace, kvStore } from './index.js'

const ID = 'k'.repeat(43)

let worker: WorkerProcess
beforeAll(async () => {
  worker = new WorkerProcess(await bundleWorker())
}, 60_000)
afterAll(() => worker?.close())

function record(fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: '{}', createdAt: 1, expiresAt: Date.now() + 3_600_000, owner: undefined, version: 1, ...fields }
}

async function call<Result>(method: string, args: unknown[], prefix?: string): Promise<Result> {
  const { result } = await worker.post<{ result: Result }>('/call', { store: 'kv', method, args, prefix })
  return result
}

interface StoredKey {
  name: string
  /** Seconds since the epoch. */
  expiration: number
}

describe('Workers KV', () => {
  it('gets the record’s expiry, but never less than the 60 seconds that it takes', async () => {
    const expirationOf = async (expiresAt: number): Promise<number> => {
      await call('create', [ID, record({ expiresAt })], 'expiry:')
      const keys = await worker.post<StoredKey[]>('/kv-keys')
      await call('delete', [ID], 'expiry:')
      return keys.find(({ name }) => name === `expiry:${ID}`)?.expiration ?? 0
    }
    const now = Date.now() / 1000
    for (const expiresAt of [1, Date.now(), Date.now() + 1000]) {
      expect(await expirationOf(expiresAt)).toBeGreaterThanOrEqual(Math.floor(now) + 60)
    }
    const later = Date.now() + 86_400_500
    expect(await expirationOf(later)).toBeGreaterThanOrEqual(Math.floor(later / 1000))
  })

  it('is asked to delete what this location does not know, so that it goes elsewhere', async () => {
    expect(await call('delete', [ID], 'unknown:')).toBe(false)
    expect(await worker.post('/kv-keys')).toEqual([])
  })

  it('keeps keys under the prefix, which is session: by default', async () => {
    await call('create', [ID, record()])
    await call('create', [ID, record()], 'app:')
    const names = (await worker.post<StoredKey[]>('/kv-keys')).map(({ name }) => name)
    expect(names).toEqual([`app:${ID}`, `session:${ID}`])
  })

  it('passes its own error on', async () => {
    const args: Record<string, unknown[]> = {
      load: [ID],
      create: [ID, record()],
      update: [ID, record({ version: 2 })],
      touch: [ID, 1],
      delete: [ID],
    }
    for (const [method, of] of Object.entries(args)) {
      await expect(call(method, of, 'x'.repeat(500))).rejects.toThrow('512')
    }
  })
})

/** The local emulation takes every write. Workers KV refuses the second one of a key within a second, like this. */
class BusyNamespace implements KeyValueNamespace {
  readonly values: Map<string, string> = new Map()
  refusals = 0

  async get(key: string): Promise<string | null> {
    return this.values.get(key) ?? null
  }

  async put(key: string, value: string): Promise<void> {
    this.#refuse('PUT')
    this.values.set(key, value)
  }

  async delete(key: string): Promise<void> {
    this.#refuse('DELETE')
    this.values.delete(key)
  }

  #refuse(verb: string): void {
    if (this.refusals-- > 0) throw new Error(`KV ${verb} failed: 429 Too Many Requests`)
  }
}

describe('a write too soon after the last one', () => {
  /** Runs the call, with all its waiting, at once. */
  async function settled<T>(call: Promise<T>): Promise<PromiseSettledResult<T> | undefined> {
    const results = Promise.allSettled([call])
    await vi.runAllTimersAsync()
    return (await results)[0]
  }

  const fakeTimers = (test: () => Promise<void>) => async () => {
    vi.useFakeTimers()
    await test().finally(() => vi.useRealTimers())
  }

  it(
    'is made again until KV takes it',
    fakeTimers(async () => {
      const namespace = new BusyNamespace()
      const store = kvStore(namespace)
      await store.create(ID, record())
      for (const call of [
        () => store.update(ID, record({ version: 2 })),
        () => store.touch(ID, 5),
        () => store.delete(ID),
      ]) {
        namespace.refusals = 3
        expect(await settled(call())).toEqual({ status: 'fulfilled', value: true })
      }
      expect(namespace.values.size).toBe(0)
    }),
  )

  it(
    'goes by what another request has written meanwhile',
    fakeTimers(async () => {
      const namespace = new BusyNamespace()
      const store = kvStore(namespace)
      await store.create(ID, record())
      namespace.refusals = 1
      const update = store.update(ID, record({ version: 2, data: 'late' }))
      await vi.advanceTimersByTimeAsync(1)
      await store.update(ID, record({ version: 2, data: 'first' }))
      expect(await settled(update)).toEqual({ status: 'fulfilled', value: false })
      expect(await store.load(ID)).toMatchObject({ data: 'first' })
    }),
  )

  it(
    'is an error when KV goes on refusing',
    fakeTimers(async () => {
      const namespace = new BusyNamespace()
      namespace.refusals = 100
      expect(await settled(kvStore(namespace).create(ID, record()))).toMatchObject({
        status: 'rejected',
        reason: { message: 'KV PUT failed: 429 Too Many Requests' },
      })
    }),
  )
})
