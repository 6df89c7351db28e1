import { type Action, commute, type Step } from './schedule.js'

/** What is known of a step: which one led to it, and what it has touched. */
export type Happened = Pick<Action, 'after' | 'touches'>

/** The steps of a run, and which of them can only come after which: because one led to the other, or both touch something. */
export class Order {
  readonly #steps: Happened[] = []
  /** By step, one bit for each that comes before it in every run that comes to the same. */
  readonly #before: bigint[] = []
  /** By step, those it would have come before, had it been faster: nothing else lies between. The latest first. */
  readonly #races: number[][] = []

  get length(): number {
    return this.#steps.length
  }

  add(step: Happened): void {
    let before = 0n
    const races: number[] = []
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      if ((before >> BigInt(i)) & 1n) continue
      const ledHere = i === step.after
      if (!ledHere && commute((this.#steps[i] as Happened).touches, step.touches)) continue
      before |= (this.#before[i] as bigint) | (1n << BigInt(i))
      if (!ledHere) races.push(i)
    }
    this.#steps.push(step)
    this.#before.push(before)
    this.#races.push(races)
  }

  /** Forgets all from this one on. */
  cut(length: number): void {
    this.#steps.length = this.#before.length = this.#races.length = length
  }

  racesOf(step: number): readonly number[] {
    return this.#races[step] as number[]
  }

  /** Whether one comes before the other in some run that comes to the same. What never came, -1, was before all. */
  canPrecede(step: number, other: number): boolean {
    if (step < 0 || other < 0) return other >= 0
    return step !== other && (((this.#before[step] as bigint) >> BigInt(other)) & 1n) === 0n
  }

  /** Of the steps behind `step` that need not wait for it, and `last`: those that wait for none of the others. */
  firstWithout(step: number, last: number): number[] {
    let others = 0n
    const firsts: number[] = []
    for (let i = step + 1; i <= last; i++) {
      const before = this.#before[i] as bigint
      if (i < last && (before >> BigInt(step)) & 1n) continue
      if ((before & others) === 0n) firsts.push(i)
      others |= 1n << BigInt(i)
    }
    return firsts
  }
}

export function orderOf(steps: readonly Step[]): Order {
  const order = new Order()
  for (const { action } of steps) order.add(action)
  return order
}
