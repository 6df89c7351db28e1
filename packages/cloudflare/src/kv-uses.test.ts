import { SessionManager } from '@fetch-sessions/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { kvStore } from './index.js'
import type { KeyValueList, KeyValueNamespace } from './kv-namespace.js'

const SECRET = 'a secret of a test, which is long enough'
const SECONDS = 1000

/** Takes one write of a key per second, as Workers KV does. */
class NamespaceOfOneWriteASecond implements KeyValueNamespace {
  readonly #values: Map<string, string> = new Map()
  readonly #lastWrites: Map<string, number> = new Map()
  /** How many it has taken of each key. */
  readonly writes: Record<string, number> = {}

  get(key: string): Promise<string | null>
  get(keys: string[]): Promise<Map<string, string | null>>
  async get(key: string | string[]): Promise<(string | null) & Map<string, string | null>> {
    return (this.#values.get(String(key)) ?? null) as (string | null) & Map<string, string | null>
  }

  async put(key: string, value: string): Promise<void> {
    if (Date.now() - (this.#lastWrites.get(key) ?? 0) < SECONDS) throw new Error('KV PUT failed: 429 Too Many Requests')
    this.#lastWrites.set(key, Date.now())
    this.writes[key] = (this.writes[key] ?? 0) + 1
    this.#values.set(key, value)
  }

  async delete(key: string): Promise<void> {
    this.#values.delete(key)
  }

  async list(): Promise<KeyValueList> {
    return { keys: [], list_complete: true }
  }
}

// Signing takes real time.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** Lets the time pass until this is done. Returns its outcome. */
async function passing<T>(work: Promise<T>): Promise<T> {
  let isDone = false
  const end = () => {
    isDone = true
  }
  work.then(end, end)
  while (!isDone) {
    await new Promise(setImmediate)
    await vi.advanceTimersByTimeAsync(100)
  }
  return work
}

describe('twenty parallel reads near the end of a session', () => {
  it('write their use once: the others see that it is noted, and wait for no turn', async () => {
    const namespace = new NamespaceOfOneWriteASecond()
    // On Workers no request waits for another one: as if each were on a server of its own.
    const managerOf = () => new SessionManager({ store: kvStore(namespace), secret: SECRET, idleTimeout: 1000 })
    const { id, cookie } = await managerOf().issue({ user: 'ada' })
    vi.setSystemTime(Date.now() + 950 * SECONDS)
    let left = 20
    let open = () => {}
    const allHaveRead = new Promise<void>((resolve) => {
      open = resolve
    })
    const read = () =>
      managerOf().handle(new Request('https://app.example/', { headers: { cookie } }), async (handle) => {
        expect((await handle.read()).get('user')).toBe('ada')
        if (--left === 0) open()
        await allHaveRead
        return new Response()
      })
    const responses = await passing(Promise.all(Array.from({ length: 20 }, read)))
    expect(responses.map((response) => response.headers.getSetCookie().length)).toEqual(responses.map(() => 1))
    // Of its creation, and of the use. Each costs a second.
    expect(namespace.writes).toEqual({ [`session:${id}`]: 2 })
  })
})
