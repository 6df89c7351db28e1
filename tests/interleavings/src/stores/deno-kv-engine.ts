import type { AtomicOperation, denoKvStore, KeyValueDatabase, KvEntry } from '@fetch-sessions/deno-kv'
import type { Narrow, Schedule, Touch } from '../schedule.js'
import { type Clock, type Engine, hold, type OpenEngine } from './engine.js'

interface Stored {
  readonly key: readonly string[]
  readonly value: unknown
  readonly versionstamp: string
  readonly expiresAt: number
}

/** Deno KV, as far as the store uses it: versionstamps, checks and writes that are one, lists in the order of the keys. */
export class ModelOfDenoKv {
  readonly #entries: Map<string, Stored> = new Map()
  readonly #clock: { readonly now: number }
  #commits = 0

  constructor(clock: { readonly now: number }) {
    this.#clock = clock
  }

  /** All of them, in order. What is over is gone. */
  entries(): Stored[] {
    for (const [name, { expiresAt }] of this.#entries) if (expiresAt <= this.#clock.now) this.#entries.delete(name)
    return [...this.#entries.values()].sort((a, b) => (nameOf(a.key) < nameOf(b.key) ? -1 : 1))
  }

  get(key: readonly string[]): KvEntry<unknown> {
    const stored = this.entries().find((entry) => nameOf(entry.key) === nameOf(key))
    if (stored === undefined) return { key, value: null, versionstamp: null }
    return { key, value: structuredClone(stored.value), versionstamp: stored.versionstamp }
  }

  list(prefix: readonly string[], start: readonly string[] = prefix): KvEntry<unknown>[] {
    const below = belowOf(prefix)
    return this.entries()
      .filter(({ key }) => nameOf(key).startsWith(below) && (start === prefix || nameOf(key) >= nameOf(start)))
      .map(({ key }) => this.get(key))
  }

  commit(checks: readonly Check[], writes: readonly Write[]): boolean {
    if (checks.some(({ key, versionstamp }) => this.get(key).versionstamp !== versionstamp)) return false
    const versionstamp = String(++this.#commits).padStart(20, '0')
    for (const { key, value, expireIn } of writes) {
      if (value === undefined) this.#entries.delete(nameOf(key))
      else
        this.#entries.set(nameOf(key), {
          key,
          value,
          versionstamp,
          expiresAt: this.#clock.now + (expireIn ?? Infinity),
        })
    }
    return true
  }
}

interface Check {
  readonly key: readonly string[]
  readonly versionstamp: string | null
}

interface Write {
  readonly key: readonly string[]
  /** `undefined`: it is deleted. */
  readonly value?: unknown
  readonly expireIn?: number
}

/** How the model's commands are carried out: at once, or when they are chosen. */
type Carry = <Answer>(
  words: string,
  touches: readonly Touch[],
  act: (narrow?: Narrow) => Answer,
  tell: (answer: Answer) => string,
) => Promise<Answer>

/** What the store takes for a `Deno.Kv`. */
export function databaseOf(model: ModelOfDenoKv, carry: Carry): KeyValueDatabase {
  return {
    get: (key) => {
      const touches = [{ what: nameOf(key), writes: false }]
      const tell = ({ value }: KvEntry<unknown>) =>
        value === null ? 'nothing' : `v${(value as { version: number }).version}`
      return carry(`gets ${wordsOf(key)}`, touches, () => model.get(key), tell) as Promise<KvEntry<never>>
    },
    list: async function* (selector, { limit = Infinity }) {
      const { prefix } = selector
      const start = 'start' in selector ? selector.start : prefix
      const touches = [{ what: `${belowOf(prefix)}*`, writes: false }]
      const entries = await carry(
        `lists ${wordsOf(prefix)}`,
        touches,
        () => model.list(prefix, start),
        (all) => all.map(({ key }) => String(key.at(-1)).slice(0, 1)).join(' and ') || 'nothing',
      )
      yield* entries.slice(0, limit) as KvEntry<never>[]
    },
    atomic: () => operationOf(model, carry),
  }
}

function operationOf(model: ModelOfDenoKv, carry: Carry): AtomicOperation {
  const checks: Check[] = []
  const writes: Write[] = []
  return {
    check: (check) => checks.push(check),
    set: (key, value, { expireIn }) => writes.push({ key, value: structuredClone(value), expireIn }),
    delete: (key) => writes.push({ key }),
    commit: async () => {
      const touches = [
        ...checks.map(({ key }) => ({ what: nameOf(key), writes: false })),
        ...writes.map(({ key }) => ({ what: nameOf(key), writes: true })),
      ]
      const said = writes.map(({ key, value }) => `${value === undefined ? 'deletes' : 'sets'} ${wordsOf(key)}`)
      const act = (narrow?: Narrow): boolean => {
        const isDone = model.commit(checks, writes)
        // A comparison that failed has only read.
        if (!isDone) narrow?.(touches.slice(0, checks.length))
        return isDone
      }
      const ok = await carry(said.join(', '), touches, act, String)
      return { ok }
    },
  }
}

/** A model of Deno KV, and a database of each process whose every command is held. */
export function denoKvEngine(store: typeof denoKvStore): OpenEngine {
  return (schedule: Schedule, clock: Clock) => {
    const model = new ModelOfDenoKv(clock)
    const engine: Engine = {
      open: (by, now) => {
        const carry: Carry = (words, touches, act, tell) => hold(schedule, by, { words, touches, act, tell })
        const opened = store(databaseOf(model, carry))
        opened.useClock(now)
        return opened
      },
      kept: async () => model.entries().map(({ key, expiresAt }) => ({ key: wordsOf(key), expiresAt })),
      close: async () => {},
    }
    return engine
  }
}

function nameOf(key: readonly string[]): string {
  return JSON.stringify(key)
}

/** What the names of all keys below one begin with. */
function belowOf(prefix: readonly string[]): string {
  return `${nameOf(prefix).slice(0, -1)},`
}

/** `session x`, `owner ada x`. */
function wordsOf([, ...parts]: readonly string[]): string {
  return parts.map((part) => (/^(.)\1{42}$/.test(part) ? part.slice(0, 1) : part)).join(' ')
}
