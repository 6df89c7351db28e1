import type { KeyValueList, KeyValueNamespace, kvStore } from '@fetch-sessions/cloudflare'
import type { Narrow, Touch } from '../schedule.js'
import { type Clock, type Engine, hold, type OpenEngine } from './engine.js'

interface Stored {
  readonly value: string
  readonly metadata: unknown
  readonly expiresAt: number
}

/** How long a location serves what it has read, in milliseconds. */
const CACHED = 60_000

/** Workers KV, as Cloudflare tells of it: one place where values are, and locations that serve what they have read. */
export class ModelOfKv {
  readonly #clock: { readonly now: number }
  readonly #values: Map<string, Stored> = new Map()

  constructor(clock: { readonly now: number }) {
    this.#clock = clock
  }

  /** What is over is gone. */
  values(): Map<string, Stored> {
    for (const [key, { expiresAt }] of this.#values) if (expiresAt <= this.#clock.now) this.#values.delete(key)
    return this.#values
  }

  location(): Location {
    return new Location(this, this.#clock)
  }
}

/** What a location writes it sees at once; what others write, when it has served its copy for a minute. */
class Location {
  readonly #model: ModelOfKv
  readonly #clock: { readonly now: number }
  readonly #cache: Map<string, { value: string | null; at: number }> = new Map()

  constructor(model: ModelOfKv, clock: { readonly now: number }) {
    this.#model = model
    this.#clock = clock
  }

  /** Whether it serves a copy, and asks nobody. */
  isCached(key: string): boolean {
    return this.#clock.now < (this.#cache.get(key)?.at ?? -Infinity) + CACHED
  }

  get(key: string): string | null {
    const cached = this.#cache.get(key)
    if (cached !== undefined && this.isCached(key)) return cached.value
    return this.#keep(key, this.#model.values().get(key)?.value ?? null)
  }

  put(key: string, value: string, expirationTtl: number, metadata: unknown): void {
    this.#model.values().set(key, { value, metadata, expiresAt: this.#clock.now + expirationTtl * 1000 })
    this.#keep(key, value)
  }

  delete(key: string): void {
    this.#model.values().delete(key)
    this.#keep(key, null)
  }

  list(prefix: string, limit: number, after = ''): KeyValueList {
    const all = [...this.#model.values()].filter(([name]) => name.startsWith(prefix) && name > after)
    const keys = all
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([name, { metadata }]) => ({ name, metadata: structuredClone(metadata) }))
    const cursor = keys.at(-1)?.name
    return keys.length < all.length && cursor !== undefined
      ? { keys, list_complete: false, cursor }
      : { keys, list_complete: true }
  }

  #keep(key: string, value: string | null): string | null {
    this.#cache.set(key, { value, at: this.#clock.now })
    return value
  }
}

/** How commands are carried out: at once, or when they are chosen. */
type Carry = <Answer>(
  words: string,
  touches: readonly Touch[],
  act: (narrow?: Narrow) => Answer,
  tell: (answer: Answer) => string,
) => Promise<Answer>

/** What the store takes for a `KVNamespace`. */
export function namespaceOf(location: Location, name: string, carry: Carry): KeyValueNamespace {
  // A location remembers what it has read, so its own reads are in an order, too.
  const reads = (keys: readonly string[]): Touch[] =>
    keys.flatMap((key) => [
      { what: key, writes: false },
      { what: `${name} ${key}`, writes: true },
    ])
  const writes = (key: string): Touch[] => [
    { what: key, writes: true },
    { what: `${name} ${key}`, writes: true },
  ]
  const tell = (value: string | null): string => (value === null ? 'nothing' : 'a value')
  const getOne = (key: string, narrow?: Narrow): string | null => {
    if (location.isCached(key)) narrow?.([{ what: `${name} ${key}`, writes: true }])
    return location.get(key)
  }
  const get = (key: string | string[]): Promise<unknown> =>
    typeof key === 'string'
      ? carry(`gets ${wordsOf(key)}`, reads([key]), (narrow) => getOne(key, narrow), tell)
      : carry(
          'gets many',
          reads(key),
          () => new Map(key.map((one) => [one, location.get(one)])),
          () => 'values',
        )
  return {
    get: get as KeyValueNamespace['get'],
    put: (key, value, { expirationTtl, metadata }) =>
      carry(
        `puts ${wordsOf(key)}`,
        writes(key),
        () => location.put(key, value, expirationTtl, metadata),
        () => 'done',
      ),
    delete: (key) =>
      carry(
        `deletes ${wordsOf(key)}`,
        writes(key),
        () => location.delete(key),
        () => 'done',
      ),
    list: ({ prefix, limit, cursor }) =>
      carry(
        `lists ${prefix}`,
        [{ what: `${prefix}*`, writes: false }],
        () => location.list(prefix, limit, cursor),
        () => 'keys',
      ),
  }
}

/** A model of Workers KV, in which each process is in a location of its own that has read what was there before. */
export function workersKvEngine(store: typeof kvStore): OpenEngine {
  return (schedule, clock: Clock) => {
    const model = new ModelOfKv(clock)
    const engine: Engine = {
      open: (by, now) => {
        const carry: Carry = (words, touches, act, tell) => hold(schedule, by, { words, touches, act, tell })
        const opened = store(namespaceOf(model.location(), by, carry))
        opened.useClock(now)
        return opened
      },
      kept: async () => [...model.values()].map(([key, { expiresAt }]) => ({ key: wordsOf(key), expiresAt })),
      close: async () => {},
    }
    return engine
  }
}

/** `session x`, `ended x`, `used x`. */
function wordsOf(key: string): string {
  return `${key.split(':')[0]} ${key.slice(-1)}`
}
