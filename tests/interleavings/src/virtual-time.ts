import type { Schedule } from './schedule.js'

/** Timers that only the schedule fires, and a clock that only they move on. */
export class VirtualTime {
  /** Milliseconds since the run began. */
  elapsed = 0
  readonly #schedule: Schedule
  readonly #cancel: Map<number, () => void> = new Map()
  #count = 0

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  /** How many timers are still set. */
  get pending(): number {
    return this.#cancel.size
  }

  /** Takes the place of the real one until the returned function is called. */
  install(): () => void {
    const { setTimeout, clearTimeout } = globalThis
    const { random } = Math
    const now = performance.now
    const set = (work: () => void, delay = 0): number => this.#set(work, delay)
    globalThis.setTimeout = set as unknown as typeof setTimeout
    globalThis.clearTimeout = ((timer: number) => this.#clear(timer)) as unknown as typeof clearTimeout
    performance.now = () => this.elapsed
    Math.random = () => 0.5
    return () => {
      globalThis.setTimeout = setTimeout
      globalThis.clearTimeout = clearTimeout
      performance.now = now
      Math.random = random
    }
  }

  #set(work: () => void, delay: number): number {
    const timer = ++this.#count
    const due = this.elapsed + delay
    const cancel = this.#schedule.offer({
      touches: [{ what: '*', writes: true }],
      isIdle: true,
      perform: () => {
        this.#cancel.delete(timer)
        this.elapsed = Math.max(this.elapsed, due)
        work()
        return `has waited ${Math.round(delay)} ms`
      },
    })
    this.#cancel.set(timer, cancel)
    return timer
  }

  #clear(timer: number): void {
    this.#cancel.get(timer)?.()
    this.#cancel.delete(timer)
  }
}
