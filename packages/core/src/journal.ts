import type { Serializer, Values } from './serializer.js'

/** A read-modify-write of one value. Runs again if another request's value has to be built on. */
export type Change = (value: unknown) => unknown

/**
 * What one request does to the values, key by key: the changes to run on whatever is stored, or `fixed` when the
 * outcome does not depend on what is stored (the key was set, deleted or changed in place).
 */
export class Journal {
  #cleared = false
  readonly #keys: Map<string, readonly Change[] | 'fixed'> = new Map()

  get isEmpty(): boolean {
    return !this.#cleared && this.#keys.size === 0
  }

  fix(key: string): void {
    this.#keys.set(key, 'fixed')
  }

  add(key: string, change: Change): void {
    const known = this.#keys.get(key) ?? (this.#cleared ? 'fixed' : [])
    this.#keys.set(key, known === 'fixed' ? known : [...known, change])
  }

  clear(): void {
    this.#cleared = true
    this.#keys.clear()
  }

  /** Does it to other values: what is not in the journal stays, what is fixed wins, what was updated is computed anew. */
  applyTo(values: Values, fixedValues: Values, serializer: Serializer): void {
    if (this.#cleared) values.clear()
    for (const [key, change] of this.#keys) {
      if (change === 'fixed') {
        assign(values, key, fixedValues.get(key))
      } else {
        const value = change.reduce((newer: unknown, step) => step(newer), values.get(key))
        serializer.check(key, value ?? null)
        assign(values, key, value)
      }
    }
  }

  /** This journal, and behind it what a later one says. */
  followedBy(later: Journal): Journal {
    const joined = new Journal()
    joined.#cleared = this.#cleared || later.#cleared
    if (!later.#cleared) for (const [key, change] of this.#keys) joined.#keys.set(key, change)
    for (const [key, change] of later.#keys) {
      if (change === 'fixed') joined.fix(key)
      else for (const step of change) joined.add(key, step)
    }
    return joined
  }
}

/** `undefined` deletes. */
export function assign(values: Values, key: string, value: unknown): void {
  if (value === undefined) values.delete(key)
  else values.set(key, value)
}
