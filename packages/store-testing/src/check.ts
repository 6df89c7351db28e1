import type { SessionStore } from '@fetch-sessions/core'

/** What a store may have and may leave out. */
export type Capability = 'list' | 'listByOwner' | 'deleteByOwner' | 'deleteExpired' | 'clear' | 'useClock'

/** What a check works with: a fresh store that is its own, with the capabilities the check asked for. */
export interface Subject<Needed extends Capability = never> {
  readonly store: SessionStore & Required<Pick<SessionStore, Needed>>
  readonly maxDataBytes: number
  /** Whether the store was given a clock directly. */
  readonly hasOwnClock: boolean
  /** Whether the client of the store mixes its answers up from now on. */
  mixAnswers(isOn: boolean): void
  /** The store's time, in milliseconds since the epoch. */
  now(): number
  /** Lets that many milliseconds go by. */
  advance(milliseconds: number): Promise<void>
}

/** One sentence that holds for a store, and how to find out. */
export interface Check {
  readonly name: string
  readonly needs: readonly Capability[]
  /** Only for stores that see each write at once, wherever it was made. */
  readonly strong?: boolean
  run(subject: Subject<Capability>): Promise<void>
}

/** Checks of one theme. With `atomic`, only for stores that can compare-and-set, or only for those that can't. */
export interface CheckGroup {
  readonly name: string
  readonly atomic?: boolean
  readonly checks: readonly Check[]
}

/** A check for every store. */
export function check(name: string, run: (subject: Subject) => Promise<void>): Check {
  return { name, needs: [], run }
}

/** A check for every store but eventually consistent ones. */
export function strongCheck(name: string, run: (subject: Subject) => Promise<void>): Check {
  return { name, needs: [], strong: true, run }
}

/** A check for stores that have certain capabilities. */
export function checkOf<Needed extends Capability>(
  needs: readonly Needed[],
  name: string,
  run: (subject: Subject<Needed>) => Promise<void>,
): Check {
  // Who has every capability has these; the compiler can't tell that of a type parameter.
  return { name, needs, run: run as Check['run'] }
}
