import type { Awaitable, SessionStore } from '@fetch-sessions/core'
import type { CheckGroup } from './check.js'
import { concurrencyChecks } from './concurrency-checks.js'
import { expiryChecks } from './expiry-checks.js'
import { isolationChecks } from './isolation-checks.js'
import { lastWriterChecks } from './last-writer-checks.js'
import { listChecks } from './list-checks.js'
import { mixedAnswerChecks } from './mixed-answer-checks.js'
import { ownerChecks } from './owner-checks.js'
import { parallelChecks } from './parallel-checks.js'
import { recordChecks } from './record-checks.js'
import { storeWideChecks } from './store-wide-checks.js'
import { textChecks } from './text-checks.js'
import { updateChecks } from './update-checks.js'

const groups: readonly CheckGroup[] = [
  recordChecks,
  updateChecks,
  isolationChecks,
  textChecks,
  expiryChecks,
  parallelChecks,
  concurrencyChecks,
  lastWriterChecks,
  ownerChecks,
  listChecks,
  storeWideChecks,
]

/** A store that a check may do with as it likes. */
export interface OpenedStore {
  readonly store: SessionStore
  /**
   * The clock that the store was given directly. With it, no check has to wait. Left out, the store goes by `Date.now`,
   * and four checks wait for a second or two.
   */
  readonly clock?: StoreClock
  /** Has the client mix its answers up, or stop it: see `mixesAnswers`. An `AnswerMixer` does it. */
  mixAnswers?(isOn: boolean): void
  /** Called when the check is over, also when it failed. */
  close?(): Awaitable<unknown>
}

/** A clock that stands still until it is told. */
export interface StoreClock {
  /** Milliseconds since the epoch. Not far from `Date.now()` if anything the store relies on goes by real time. */
  now(): number
  /** Lets that many milliseconds go by. */
  advance(milliseconds: number): Awaitable<unknown>
}

export interface StoreCheckOptions {
  /** The longest data, in bytes of UTF-8, that the store promises to keep. Default 1 048 576 (1 MiB). */
  readonly maxDataBytes?: number
  /**
   * Whether to check, too, that the store takes no answer for another session's when its client mixes answers up, which
   * `open().mixAnswers` then has it do. Default false.
   */
  readonly mixesAnswers?: boolean
}

/** One sentence of the store protocol, as a check. */
export interface StoreCheck {
  /** What it is about. */
  readonly group: string
  /** The sentence that holds. */
  readonly name: string
  /**
   * Opens a store, checks it and closes it. `'skipped'` if the check is about something that this store does not have
   * (an optional method, compare-and-set, one view of what was written).
   *
   * @throws Error if the sentence does not hold, or what the store threw
   */
  run(): Promise<'passed' | 'skipped'>
}

/**
 * The whole suite, as a list. It imports no test runner, so that it works in each and where there is none. For a runner
 * with `describe` and `it` there is `testStore`.
 *
 * @param open a fresh, empty store for each check
 *
 * @example
 * for (const { name, run } of storeChecks(() => ({ store: new MemoryStore() }))) {
 *   Deno.test(name, async () => void (await run()))
 * }
 */
export function storeChecks(open: () => Awaitable<OpenedStore>, options: StoreCheckOptions = {}): StoreCheck[] {
  const asked = options.mixesAnswers === true ? [...groups, mixedAnswerChecks] : groups
  return asked.flatMap((group) =>
    group.checks.map(({ name, needs, strong, run }) => ({
      group: group.name,
      name,
      async run() {
        const opened = await open()
        const { store, clock } = opened
        try {
          const isAtomic = store.atomic !== false
          if (group.atomic !== undefined && group.atomic !== isAtomic) return 'skipped'
          if (strong && store.consistency === 'eventual') return 'skipped'
          if (needs.some((capability) => store[capability] === undefined)) return 'skipped'
          await run({
            store: store as SessionStore & Required<SessionStore>,
            maxDataBytes: options.maxDataBytes ?? 1_048_576,
            hasOwnClock: clock !== undefined,
            mixAnswers(isOn) {
              if (opened.mixAnswers === undefined)
                throw new TypeError('mixesAnswers: open() has to give a function mixAnswers as well')
              opened.mixAnswers(isOn)
            },
            now: () => clock?.now() ?? Date.now(),
            advance: async (milliseconds) => void (await (clock ? clock.advance(milliseconds) : sleep(milliseconds))),
          })
          return 'passed'
        } finally {
          await opened.close?.()
        }
      },
    })),
  )
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
