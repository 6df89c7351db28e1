import type { Awaitable, SessionRecord } from '@fetch-sessions/core'
import { newId, newOwner, newRecord } from './sample.js'

/** How often a race of two is run: once proves little. */
const ROUNDS = 10

/** Calls at the same moment, and waits for all answers. */
export function together<T>(count: number, call: (index: number) => Awaitable<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, async (_, index) => call(index)))
}

/** Runs a race of two again and again, each of them being called first every other time. */
export async function raceOften(
  round: () => Promise<{
    readonly runners: readonly [() => Awaitable<unknown>, () => Awaitable<unknown>]
    /** `answers` in the order of `runners`. */
    judge(answers: readonly [unknown, unknown]): Promise<void>
  }>,
): Promise<void> {
  for (let i = 0; i < ROUNDS; i++) {
    const { runners, judge } = await round()
    const first = i % 2
    const answers = await together(2, (j) => runners[j === first ? 0 : 1]())
    await judge([answers[first], answers[1 - first]])
  }
}

/** As many records of one session as there are writers, no field of which is equal. */
export function rivals(count: number, now: number, version: number): SessionRecord[] {
  return Array.from({ length: count }, (_, i) =>
    newRecord(now + i, { data: `writer ${i} ${newId()}`, owner: newOwner(), meta: `writer ${i}`, version }),
  )
}
