import type { SessionHandle, SessionManager, SessionRecord } from '@fetch-sessions/core'
import type { Data } from './core.js'
import type { Order } from './order.js'
import type { Step } from './schedule.js'

/** What one request does. */
export interface Plan {
  readonly says: string
  /** In which process. Default the first. */
  readonly process?: number
  /** From whose browser. Default the first. */
  readonly browser?: string
  /** It is sent when the answers to these have arrived. */
  readonly after?: readonly string[]
  /** It is sent again, once, if the answer was a failure. */
  readonly retries?: boolean
  act(visit: Visit): Promise<void>
}

export interface Scenario {
  readonly name: string
  /** `eventual`: two reads, or decisions, may be by what was there one write before. */
  readonly store?: 'memory' | 'cached' | 'cookie' | 'eventual'
  /** How long ago the session was used last, in hours. From 2.4 on a use is noted, and the cookie refreshed. */
  readonly age?: number
  /** Nobody has a session yet. */
  readonly isNew?: boolean
  readonly owner?: string
  /** At some moment of the run, whichever, the clock moves on by so many seconds. */
  readonly clock?: number
  /** The signer is held as well. */
  readonly holdsSigner?: boolean
  readonly requests: Readonly<Record<string, Plan>>
}

/** What a request saw of its session. */
export interface Seen {
  readonly id: string
  readonly isNew: boolean
  readonly data: Partial<Data>
}

/** What became of one request. */
export class Told {
  readonly letter: string
  readonly plan: Plan
  readonly browser: string
  cookie = ''
  seen: Seen | undefined
  marked = false
  set: string[] = []
  signedInAs: string | undefined
  rotated = false
  /** It tried to end its session, or others. */
  ends: 'own' | 'others' | undefined
  ended: string | undefined
  throws = false
  /** What it did was saved before it threw. */
  saved = false
  answer: 'ok' | 'failed' | undefined
  error: unknown
  dropped: string[] = []
  /** The application was told that changes are not stored, since the handler threw. */
  isToldOfThrow = false
  /** The cookie of its answer; empty: one that removes it. */
  sent: string | undefined
  /** Steps: when it was sent, last called the store, was answered, and when the answer arrived. */
  began = -1
  lastCall = -1
  answered = -1
  arrived = -1
  busy: [number, number] | undefined
  lifetime: number | undefined
  /** It is another one, sent again. */
  retryOf: string | undefined

  constructor(letter: string, plan: Plan) {
    this.letter = letter
    this.plan = plan
    this.browser = plan.browser ?? 'me'
  }
}

/** A request at work. */
export interface Visit {
  readonly letter: string
  readonly told: Told
  readonly handle: SessionHandle<Data>
  readonly manager: SessionManager<Data>
  /** The id of the session that its browser had at the beginning. */
  readonly firstId: string
  step(): number
}

export interface Written {
  readonly step: number
  readonly by: string
  readonly id: string
  readonly record: SessionRecord
}

/** All that is known of one run, when it is over. */
export interface Run {
  readonly scenario: Scenario
  readonly told: readonly Told[]
  readonly writes: readonly Written[]
  /** What each cookie that was ever sent opens in the end; those that open nothing are `undefined`. */
  readonly opens: ReadonlyMap<string, Seen | undefined>
  /** By browser: the cookie of the beginning, and that of the end. */
  readonly first: ReadonlyMap<string, string>
  readonly last: ReadonlyMap<string, string>
  /** What is in the store in the end. */
  readonly records: readonly { readonly id: string; readonly expiresAt: number; readonly isSession: boolean }[]
  readonly now: number
  readonly failed: boolean
  /** Timers that were left, and writes after the run that did not end. */
  readonly pending: readonly string[]
  readonly steps: readonly Step[]
  /** Which of them can only come after which. */
  readonly order: Order
  readonly text: string
  nameOf(id: string): string
}
