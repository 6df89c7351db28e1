import type { SessionStore } from '@fetch-sessions/core'
import { type Failure, type Narrow, type Schedule, type Touch, waitFor } from '../schedule.js'

/** What a store keeps its sessions in, for one run. */
export interface Engine {
  /** The store as one process has it. Each command is held, until the schedule is open. */
  open(process: string, now: () => number): SessionStore
  /** All that is kept, when the run is over. */
  kept(): Promise<readonly Kept[]>
  /** Removes what the run has left. */
  close(): Promise<void>
}

export interface Kept {
  readonly key: string
  /** Milliseconds since the epoch. `undefined`: it stays for ever. */
  readonly expiresAt: number | undefined
}

/** A moment that only the run moves on, in milliseconds since the epoch. */
export interface Clock {
  now: number
}

export type OpenEngine = (schedule: Schedule, clock: Clock) => Engine

/** One command of a store to its engine. */
export interface Command<Answer> {
  /** For people. */
  readonly words: string
  readonly touches: readonly Touch[]
  /** `narrow`: it has touched no more than this. */
  act(narrow?: Narrow): Answer | Promise<Answer>
  /** How else it can end. Default: it fails before it is carried out or after, or its process dies. */
  readonly failures?: readonly Failure[]
  /** The engine's own part dies in the middle of it: with `~` among the failures. */
  dies?(): Promise<unknown>
  /** The answer in a word or two. */
  tell?(answer: Answer): string
}

const FAILURES: readonly Failure[] = ['!', '?', 'x']

/** Holds a command of a process until it is chosen. */
export function hold<Answer>(schedule: Schedule, process: string, command: Command<Answer>): Promise<Answer> {
  const { words, touches, act, dies, failures = FAILURES, tell = String } = command
  if (schedule.isOpen) return new Promise((resolve) => resolve(act()))
  return new Promise((resolve, reject) => {
    const outOfReach = (): void => reject(new Error('out of reach'))
    schedule.offer(
      {
        touches,
        failures,
        perform: (narrow) => {
          const place = schedule.steps.length
          const answered = new Promise<Answer>((resolve) => resolve(act(narrow))).then(
            (answer) => {
              const step = schedule.steps[place]
              if (step) step.said += ` → ${tell(answer)}`
              resolve(answer)
            },
            (error) => reject(error),
          )
          waitFor(answered)
          return words
        },
        fail: (outcome) => {
          if (outcome === 'x') {
            schedule.kill(process)
            return `dies before ${words}`
          }
          if (outcome === '!') {
            outOfReach()
            return `${words} → FAILS`
          }
          const isHalf = outcome === '~' && dies !== undefined
          const work = new Promise<unknown>((resolve) => resolve(isHalf ? dies() : act()))
          waitFor(work.then(outOfReach, outOfReach))
          return `${words} → ${isHalf ? 'half done, and' : 'done, but'} FAILS`
        },
      },
      process,
    )
  })
}
