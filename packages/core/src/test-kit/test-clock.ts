import { invalidOption } from '../option-error.js'

/** A span of time. The parts add up. */
export interface Duration {
  days?: number
  hours?: number
  minutes?: number
  seconds?: number
  milliseconds?: number
}

const UNITS: Readonly<Record<keyof Duration, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
}

/**
 * A clock that stands still until it is moved.
 *
 * @example
 * ```ts
 * const clock = new TestClock()
 * const sessions = new SessionManager({ store: new MemoryStore(), secret, now: clock.now })
 * clock.advance({ minutes: 5 })
 * ```
 */
export class TestClock {
  /** Milliseconds since the epoch. It may be set, to an earlier time as well. */
  time: number

  /** What a manager, a store or a `Visitor` takes as `now`. */
  readonly now: () => number = () => this.time

  /**
   * Without a time it begins now, so that stores whose server has a clock of its own, such as Redis, go by the same time
   * as long as it is not moved.
   * @throws TypeError if `start` is no time
   */
  constructor(start: Date | number = Date.now()) {
    const time = Number(start)
    if (!Number.isFinite(time)) throw invalidOption('TestClock', 'begins at a Date or at milliseconds since the epoch')
    this.time = time
  }

  /**
   * Moves on, by seconds or by what is named; back, if that is negative.
   * @throws TypeError if `by` is no span of time
   */
  advance(by: number | Duration): void {
    this.time += typeof by === 'number' ? milliseconds('seconds', by) : sum(by)
  }
}

function sum(by: Duration): number {
  const parts = Object.entries(by ?? {})
  if (parts.length === 0) throw invalidOption('advance', 'takes seconds, or an object such as { minutes: 5 }')
  return parts.reduce((total, [unit, count]) => total + milliseconds(unit, count), 0)
}

function milliseconds(unit: string, count: unknown): number {
  if (!Object.hasOwn(UNITS, unit))
    throw invalidOption(`advance: ${unit}`, `is no unit: there are ${Object.keys(UNITS).join(', ')}`)
  if (!Number.isFinite(count)) throw invalidOption(`advance: ${unit}`, 'must be a number')
  return (count as number) * UNITS[unit as keyof Duration]
}
