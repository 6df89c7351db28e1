import type { durableObjectStore, SessionObjectNamespace } from '@fetch-sessions/cloudflare'
import type { Failure, Touch } from '../schedule.js'
import { type Clock, type Engine, hold, type Kept, type OpenEngine } from './engine.js'

type Stub = ReturnType<SessionObjectNamespace['getByName']>
type Method = keyof Stub

/** The class of the objects, as it is: `SessionObject`. */
export type ObjectClass = new (context: { storage: ObjectStorage }, env: unknown) => Stub & { alarm(): Promise<void> }

/**
 * What an object keeps. What it writes without waiting in between is stored together. It may die where it waits, which
 * is in `getAlarm`: all else that it waits for is a write.
 */
class ObjectStorage {
  #entries: Map<string, unknown> = new Map()
  #alarm: number | null = null
  /** The next time that it waits, it dies. */
  dies = false

  readonly kv = {
    get: (key: string): unknown => structuredClone(this.#entries.get(key)),
    put: (key: string, value: unknown): void => void this.#entries.set(key, structuredClone(value)),
    delete: (key: string): boolean => this.#entries.delete(key),
    list: ({ prefix }: { prefix: string }): [string, unknown][] =>
      [...this.#entries].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
  }

  get alarm(): number | null {
    return this.#alarm
  }

  get keys(): string[] {
    return [...this.#entries.keys()]
  }

  async getAlarm(): Promise<number | null> {
    if (this.dies) throw new Error('the object died')
    return this.#alarm
  }

  async setAlarm(at: number): Promise<void> {
    this.#alarm = at
  }

  async deleteAlarm(): Promise<void> {
    this.#alarm = null
  }

  async deleteAll(): Promise<void> {
    this.#entries.clear()
  }
}

/** Which calls only read. */
const READS: readonly Method[] = ['load', 'listIndex']
const METHODS: readonly Method[] = [
  ...READS,
  ...(['create', 'update', 'touch', 'remove', 'addToIndex', 'removeFromIndex', 'settleIndex'] as const),
]
const FAILURES: readonly Failure[] = ['!', '?', 'x']

/**
 * Objects of the real class over storages in memory. An object does one call after the other, since it waits only for its
 * own storage. A namespace of each process, whose every call of an object is held.
 */
export function durableObjectsEngine(store: typeof durableObjectStore, ObjectClass: ObjectClass): OpenEngine {
  return (schedule, clock: Clock) => {
    const storages = new Map<string, ObjectStorage>()
    const storageOf = (name: string): ObjectStorage => {
      const storage = storages.get(name) ?? new ObjectStorage()
      storages.set(name, storage)
      return storage
    }
    const ask = async (name: string, method: Method, args: unknown[], dies = false): Promise<unknown> => {
      const storage = storageOf(name)
      storage.dies = dies
      // An object may be made anew between any two calls.
      const object = new ObjectClass({ storage }, {})
      const call = object[method] as (...args: unknown[]) => unknown
      try {
        return structuredClone(await call.apply(object, structuredClone(args)))
      } finally {
        storage.dies = false
      }
    }
    const stubOf = (by: string, name: string): Stub => {
      const methods = METHODS.map((method) => [
        method,
        (...args: unknown[]) => {
          const touches: Touch[] = [{ what: name, writes: !READS.includes(method) }]
          return hold(schedule, by, {
            words: `${method} of ${wordsOf(name)}`,
            touches,
            failures: method === 'addToIndex' ? [...FAILURES, '~'] : FAILURES,
            act: () => ask(name, method, args),
            dies: () => ask(name, method, args, true),
            tell: tellReply,
          })
        },
      ])
      return Object.fromEntries(methods)
    }
    const engine: Engine = {
      open: (by, now) => {
        const opened = store({ getByName: (name) => stubOf(by, name) })
        opened.useClock(now)
        return opened
      },
      kept: async () => {
        const kept: Kept[] = []
        for (const [name, storage] of storages) {
          if (storage.keys.length > 0) kept.push({ key: wordsOf(name), expiresAt: storage.alarm ?? undefined })
        }
        // When they ring, all that is over goes.
        clock.now += 400 * 86_400_000
        for (const [name, storage] of storages) {
          if (storage.alarm === null) continue
          await new ObjectClass({ storage }, {}).alarm()
          if (storage.keys.length > 0) kept.push({ key: `${wordsOf(name)} after its alarm`, expiresAt: undefined })
        }
        return kept
      },
      close: async () => {},
    }
    return engine
  }
}

/** `session x`, `index ada`. */
function wordsOf(name: string): string {
  return name.startsWith('owner:') ? `index ${name.slice(6)}` : `session ${name.slice(8, 9)}`
}

function tellReply(reply: unknown): string {
  if (typeof reply !== 'object' || reply === null) return 'done'
  const { record, written, removed, unindexed, ids } = reply as Record<string, unknown>
  if (Array.isArray(ids)) return ids.map((id) => String(id).slice(0, 1)).join(' and ') || 'nothing'
  if (unindexed !== undefined) return 'to the index first'
  if (written !== undefined || removed !== undefined) return String(written ?? removed)
  return record === undefined ? 'nothing' : `v${(record as { version: number }).version}`
}
