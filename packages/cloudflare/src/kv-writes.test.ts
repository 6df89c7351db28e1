import { runInNewContext } from 'node:vm'
import type { SessionRecord } from '@fetch-sessions/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { kvStore } from './index.js'
import type { KeyValueList, KeyValueNamespace } from './kv-namespace.js'

const ID = 'k'.repeat(43)

function record(fields: Partial<SessionRecord> = {}): SessionRecord {
  return { data: '{}', createdAt: 1, expiresAt: Date.now() + 3_600_000, owner: undefined, version: 1, ...fields }
}

/** The local emulation takes every write. Workers KV refuses the second one of a key within a second, like this. */
class BusyNamespace implements KeyValueNamespace {
  readonly values: Map<string, string> = new Map()
  readonly calls: string[] = []
  refusals = 0
  /** Tests may run in another realm than the platform's: then this is no Error to them. */
  errorOf: (message: string) => unknown = (message) => new Error(message)

  get(key: string): Promise<string | null>
  get(keys: string[]): Promise<Map<string, string | null>>
  async get(key: string | string[]): Promise<(string | null) & Map<string, string | null>> {
    this.calls.push(`get ${key}`)
    return (this.values.get(String(key)) ?? null) as (string | null) & Map<string, string | null>
  }

  async put(key: string, value: string): Promise<void> {
    this.#refuse('PUT', key)
    this.values.set(key, value)
  }

  async delete(key: string): Promise<void> {
    this.#refuse('DELETE', key)
    this.values.delete(key)
  }

  async list(): Promise<KeyValueList> {
    return { keys: [], list_complete: true }
  }

  #refuse(verb: string, key: string): void {
    this.calls.push(`${verb} ${key}`)
    if (this.refusals-- > 0) throw this.errorOf(`KV ${verb} failed: 429 Too Many Requests`)
  }
}

/** Runs the call, with all its waiting, at once. */
async function settled<T>(call: Promise<T>): Promise<PromiseSettledResult<T> | undefined> {
  const results = Promise.allSettled([call])
  await vi.runAllTimersAsync()
  return (await results)[0]
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a write too soon after the last one', () => {
  it('is made again until KV takes it, and is answered as if it had been the first', async () => {
    const namespace = new BusyNamespace()
    const store = kvStore(namespace)
    await store.create(ID, record())
    for (const call of [
      () => store.update(ID, record({ version: 2 })),
      () => store.touch(ID, Date.now() + 5000, 2),
      () => store.touch(ID, Date.now() + 1e12, 2),
      () => store.update(ID, record({ version: 3, data: '' })),
      () => store.touch(ID, Date.now() + 5000, 3),
      () => store.update(ID, record({ version: 4 })),
      () => store.delete(ID),
    ]) {
      namespace.refusals = 3
      expect(await settled(call())).toEqual({ status: 'fulfilled', value: true })
    }
    expect(await store.load(ID)).toBeUndefined()
    expect(namespace.values.has(`session:${ID}`)).toBe(false)
  })

  it('is known by an error of another realm, too, as tests in Jest have it', async () => {
    const namespace = new BusyNamespace()
    namespace.errorOf = (message) => runInNewContext('new Error(message)', { message })
    namespace.refusals = 1
    expect(await settled(kvStore(namespace).create(ID, record()))).toEqual({ status: 'fulfilled', value: true })
  })

  it('goes by what another request has written meanwhile', async () => {
    const namespace = new BusyNamespace()
    const store = kvStore(namespace)
    await store.create(ID, record())
    namespace.refusals = 1
    const update = store.update(ID, record({ version: 2, data: 'late' }))
    await vi.advanceTimersByTimeAsync(1)
    await store.update(ID, record({ version: 2, data: 'first' }))
    expect(await settled(update)).toEqual({ status: 'fulfilled', value: false })
    expect(await store.load(ID)).toMatchObject({ data: 'first' })
  })

  it('is not made again if it notes a use, since another request has just noted one', async () => {
    const namespace = new BusyNamespace()
    const store = kvStore(namespace)
    await store.create(ID, record())
    namespace.refusals = 100
    expect(await store.touch(ID, Date.now() + 5000, 1)).toBe(true)
    expect(namespace.calls.filter((call) => call.startsWith('PUT used:'))).toHaveLength(1)
    // Any other error is one.
    namespace.put = async () => Promise.reject(new Error('KV PUT failed: 500 Internal Server Error'))
    expect(await settled(store.touch(ID, Date.now() + 5000, 1))).toMatchObject({ status: 'rejected' })
  })

  it('is looked at again if it keeps a used session for longer, since another request may have done that', async () => {
    const namespace = new BusyNamespace()
    const store = kvStore(namespace)
    await store.create(ID, record())
    const [first, second] = [store.touch(ID, Date.now() + 1e12, 1), store.touch(ID, Date.now() + 1e12, 1)]
    namespace.refusals = 1
    expect(await settled(Promise.all([first, second]))).toMatchObject({ value: [true, true] })
    expect(namespace.calls.filter((call) => call === `PUT session:${ID}`)).toHaveLength(3)
  })

  it('is an error when KV goes on refusing', async () => {
    const namespace = new BusyNamespace()
    namespace.refusals = 100
    expect(await settled(kvStore(namespace).create(ID, record()))).toMatchObject({
      status: 'rejected',
      reason: { message: 'KV PUT failed: 429 Too Many Requests' },
    })
  })
})

describe('the calls of KV', () => {
  it('are those that the README names', async () => {
    const namespace = new BusyNamespace()
    const store = kvStore(namespace)
    const callsOf = async (call: () => Promise<unknown>): Promise<string[]> => {
      namespace.calls.length = 0
      await call()
      return namespace.calls.map((made) => made.replace(ID, 'id'))
    }
    const looks = ['get session:id', 'get used:session:id', 'get ended:session:id']
    expect(await callsOf(() => store.create(ID, record()))).toEqual(['PUT session:id'])
    expect(await callsOf(() => store.load(ID))).toEqual(looks)
    expect(await callsOf(() => store.update(ID, record({ version: 2 })))).toEqual([...looks, 'PUT session:id'])
    expect(await callsOf(() => store.touch(ID, Date.now() + 9000, 2))).toEqual([...looks, 'PUT used:session:id'])
    expect(await callsOf(() => store.touch(ID, Date.now() + 1e12, 2))).toEqual([
      ...looks,
      'PUT session:id',
      'PUT used:session:id',
    ])
    const superseded = [...looks, 'PUT ended:session:id', 'PUT session:id']
    expect(await callsOf(() => store.update(ID, record({ version: 3, data: '' })))).toEqual(superseded)
    expect(await callsOf(() => store.delete(ID))).toEqual([...looks, 'PUT ended:session:id', 'DELETE session:id'])
  })
})
