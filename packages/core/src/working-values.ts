import { isEqual } from './equal.js'
import { assign, type Change, Journal } from './journal.js'
import type { Serializer, Values } from './serializer.js'

/** The changes of a request at one moment, ready to be stored. */
export interface SealedChanges {
  readonly journal: Journal
  /** All values as text, as they are to be stored if nobody else wrote in between. */
  readonly text: string
}

/** The text to store when others have stored something in between: these changes, made to theirs. */
export async function replay(changes: SealedChanges, stored: string, serializer: Serializer): Promise<string> {
  const values = await serializer.decode(stored)
  changes.journal.applyTo(values, await serializer.decode(changes.text), serializer)
  return serializer.encode(values)
}

/** The values of one request's session, and the journal of what the request does to them. */
export class WorkingValues {
  readonly #serializer: Serializer
  #values: Values
  #journal: Journal = new Journal()
  /** Objects that the request can change in place, each with its text as the journal knows it. */
  readonly #lent: Map<string, string> = new Map()
  /** Objects that were frozen because a reader holds them. */
  readonly #frozen: Set<string> = new Set()

  constructor(values: Values, serializer: Serializer) {
    this.#values = values
    this.#serializer = serializer
  }

  get size(): number {
    return this.#values.size
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  keys(): string[] {
    return [...this.#values.keys()]
  }

  /** The value for someone who must not change it: an object is frozen, or a frozen copy if it is lent to a writer. */
  peek(key: string): unknown {
    const value = this.#values.get(key)
    if (!isObject(value)) return value
    if (this.#lent.has(key)) return freeze(this.#serializer.copy(value))
    if (!this.#frozen.has(key)) {
      freeze(value)
      this.#frozen.add(key)
    }
    return value
  }

  /** The value for someone who may change it in place. */
  lend(key: string): unknown {
    const value = this.#values.get(key)
    if (!isObject(value) || this.#lent.has(key)) return value
    const own = this.#frozen.delete(key) ? this.#serializer.copy(value) : value
    this.#values.set(key, own)
    this.#lent.set(key, this.#serializer.print(own))
    return own
  }

  /** @throws TypeError if the codec can't carry the value */
  set(key: string, value: unknown): void {
    if (value === undefined) {
      this.delete(key)
      return
    }
    this.#serializer.check(key, value)
    this.#settle(key)
    const { print } = this.#serializer
    if (!isEqual(this.#values.get(key), value, (a, b) => print(a) === print(b))) this.#journal.fix(key)
    this.#place(key, value)
  }

  /** @throws TypeError if the codec can't carry the outcome */
  update(key: string, change: Change): unknown {
    this.#settle(key)
    const before = this.lend(key)
    const textBefore = this.#lent.get(key)
    const after = change(before)
    this.#serializer.check(key, after ?? null)
    const same = isObject(after) ? this.#serializer.print(after) === textBefore : Object.is(before, after)
    if (!same) this.#journal.add(key, change)
    this.#place(key, after)
    return after
  }

  delete(key: string): boolean {
    if (!this.#values.has(key)) return false
    this.#journal.fix(key)
    this.#place(key, undefined)
    return true
  }

  clear(): void {
    if (this.#values.size === 0) return
    this.#journal.clear()
    this.#values.clear()
    this.#lent.clear()
    this.#frozen.clear()
  }

  /** Whether there is anything to store. */
  hasChanges(): boolean {
    for (const key of [...this.#lent.keys()]) this.#settle(key)
    return !this.#journal.isEmpty
  }

  /**
   * Closes the journal and opens the next one: what is changed from now on is not part of the result.
   * @throws TypeError or SessionDataError if the values can't be stored; the journal then stays open
   */
  async seal(): Promise<SealedChanges> {
    for (const key of [...this.#lent.keys()]) this.#settle(key)
    const journal = this.#journal
    this.#journal = new Journal()
    try {
      const text = this.#serializer.encode(this.#values)
      return { journal, text: typeof text === 'string' ? text : await text }
    } catch (error) {
      this.unseal({ journal })
      throw error
    }
  }

  /** Takes back what was sealed and could not be stored. */
  unseal({ journal }: Pick<SealedChanges, 'journal'>): void {
    this.#journal = journal.followedBy(this.#journal)
  }

  /** Takes over what was stored, which holds others' changes too. An object that is the same keeps its identity. */
  async adopt(stored: string): Promise<void> {
    const values = await this.#serializer.decode(stored)
    for (const [key, text] of this.#lent) {
      if (values.has(key) && this.#serializer.print(values.get(key)) === text) values.set(key, this.#values.get(key))
      else this.#lent.delete(key)
    }
    this.#journal.applyTo(values, this.#values, this.#serializer)
    this.#values = values
    this.#frozen.clear()
  }

  /** Notes a change in place of a lent object. */
  #settle(key: string): void {
    const text = this.#lent.get(key)
    if (text === undefined) return
    const value = this.#values.get(key)
    this.#serializer.check(key, value)
    const print = this.#serializer.print(value)
    if (print === text) return
    this.#journal.fix(key)
    this.#lent.set(key, print)
  }

  /** The caller may still hold the object and change it in place, so it counts as lent. */
  #place(key: string, value: unknown): void {
    this.#frozen.delete(key)
    if (isObject(value)) this.#lent.set(key, this.#serializer.print(value))
    else this.#lent.delete(key)
    assign(this.#values, key, value)
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Plain objects and arrays, all the way down. What else a codec makes can't be frozen in a way that holds. */
function freeze<T>(value: T): T {
  if (!isObject(value) || Object.isFrozen(value)) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (Array.isArray(value) || prototype === null || prototype === Object.prototype) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}
