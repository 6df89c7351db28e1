import { isPlainObject } from './codec.js'
import { isEqual } from './equal.js'
import type { OwnLifetime } from './lifetime.js'
import type { Serializer, Values } from './serializer.js'

/** What requests change of a record, as it is stored. */
export interface Content {
  readonly data: string
  readonly owner: string | undefined
  readonly own: OwnLifetime | undefined
}

/** The same, unpacked. */
interface Unpacked {
  readonly values: Values
  owner: string | undefined
  own: OwnLifetime | undefined
}

/** One change. It can be made again to what another request has stored. */
type Step = (content: Unpacked) => void

/** A draft at one moment: its content, ready to be stored, and the steps that led to it. */
export interface Sealed extends Content {
  readonly steps: readonly Step[]
}

/** These steps, made to what another request has stored: key by key, so that what they do not touch stays. */
export async function replay(steps: readonly Step[], stored: Content, serializer: Serializer): Promise<Content> {
  const content = { ...stored, values: await serializer.decode(stored.data) }
  for (const step of steps) step(content)
  const data = await serializer.encode(content.values)
  return { data, owner: content.owner, own: content.own }
}

/** What one request makes of its session, and the steps by which it does so. */
export class Draft {
  readonly #serializer: Serializer
  #content: Unpacked
  #steps: Step[] = []
  #isChanged = false
  /** Objects that the request holds and may change in place, each with its text as the steps know it. */
  readonly #lent: Map<string, string> = new Map()

  constructor(values: Values, { owner, own }: Omit<Content, 'data'>, serializer: Serializer) {
    this.#content = { values, owner, own }
    this.#serializer = serializer
  }

  get owner(): string | undefined {
    return this.#content.owner
  }

  get values(): ReadonlyMap<string, unknown> {
    return this.#content.values
  }

  /** The value for someone who must not change it: an object is frozen, or a frozen copy if a writer holds it. */
  peek(key: string): unknown {
    const value = this.values.get(key)
    return freeze(this.#lent.has(key) ? this.#copy(value) : value)
  }

  /** The value for someone who may change it in place. */
  lend(key: string): unknown {
    const value = this.values.get(key)
    if (!isObject(value) || this.#lent.has(key)) return value
    return this.#place(key, Object.isFrozen(value) ? this.#copy(value) : value)
  }

  /** @throws TypeError if the codec can't carry the value */
  set(key: string, value: unknown): void {
    const { check, print } = this.#serializer
    if (value === undefined) {
      this.delete(key)
      return
    }
    check(key, value)
    this.#settle(key)
    const isSame = isEqual(this.values.get(key), value, (a, b) => print(a) === print(b))
    this.#place(key, value)
    if (!isSame) this.#noteSet(key)
  }

  /** @throws TypeError if the codec can't carry the outcome */
  update(key: string, change: (value: unknown) => unknown): unknown {
    const { check, print } = this.#serializer
    this.#settle(key)
    const before = this.lend(key)
    const textBefore = this.#lent.get(key)
    const after = this.#compute(key, () => change(before), textBefore)
    // Noted even if it changed nothing: on what others store it may.
    const isSame = isObject(after) ? print(after) === textBefore : Object.is(after, before)
    this.#note(({ values }) => {
      const value = change(values.get(key))
      check(key, value)
      assign(values, key, value)
    }, !isSame)
    return this.#place(key, after)
  }

  delete(key: string): boolean {
    if (!this.values.has(key)) return false
    this.#place(key, undefined)
    this.#note(({ values }) => values.delete(key))
    return true
  }

  clear(): void {
    if (this.values.size === 0) return
    this.#lent.clear()
    this.#make(({ values }) => values.clear())
  }

  setOwner(owner: string | undefined): void {
    if (owner === this.owner) return
    this.#make((content) => {
      content.owner = owner
    })
  }

  setLifetime(lifetime: OwnLifetime): void {
    const { own } = this.#content
    if (isEqual({ ...own, ...lifetime }, own, () => false)) return
    this.#make((content) => {
      content.own = { ...content.own, ...lifetime }
    })
  }

  /** Whether there is anything to store. */
  hasChanges(): boolean {
    for (const key of this.#lent.keys()) this.#settle(key)
    return this.#isChanged
  }

  /**
   * What is to be stored now. Until it is, nothing is forgotten.
   * @throws TypeError or SessionDataError if it can't be stored
   */
  async seal(): Promise<Sealed> {
    for (const key of this.#lent.keys()) this.#settle(key)
    const steps = [...this.#steps]
    const { values, owner, own } = this.#content
    return { steps, data: await this.#serializer.encode(values), owner, own }
  }

  /** It was stored, maybe on top of what others had stored. What was changed meanwhile stays to be stored next. */
  async acceptStored({ steps, data }: Sealed, stored: Content): Promise<void> {
    this.#steps = this.#steps.slice(steps.length)
    this.#isChanged = this.#steps.length > 0
    // A schema may have added defaults, or dropped what it does not know.
    if (stored.data === data && !this.#serializer.hasSchema) return
    const { print } = this.#serializer
    const values = await this.#serializer.decode(stored.data)
    for (const [key, text] of this.#lent) {
      // An object that others left as it was stays the one that the request holds.
      if (values.has(key) && print(values.get(key)) === text) values.set(key, this.values.get(key))
      else this.#lent.delete(key)
    }
    this.#content = { values, owner: stored.owner, own: stored.own }
    for (const step of this.#steps) step(this.#content)
  }

  /** Makes a change, and notes it. */
  #make(step: Step): void {
    step(this.#content)
    this.#note(step)
  }

  #note(step: Step, isChange = true): void {
    this.#steps.push(step)
    this.#isChanged ||= isChange
  }

  /** A new value; where that fails, what was done to the old one in place is undone. */
  #compute(key: string, change: () => unknown, textBefore: string | undefined): unknown {
    try {
      const value = change()
      this.#serializer.check(key, value)
      return value
    } catch (error) {
      if (textBefore !== undefined) this.#place(key, this.#serializer.parse(textBefore))
      throw error
    }
  }

  /** Notes that the key has its present value, whatever others store. */
  #noteSet(key: string): void {
    const { parse } = this.#serializer
    const value = this.values.get(key)
    const text = this.#lent.get(key)
    this.#note(({ values }) => assign(values, key, text === undefined ? value : parse(text)))
  }

  /** Notes a change in place of an object that the request holds. */
  #settle(key: string): void {
    const text = this.#lent.get(key)
    if (text === undefined) return
    const value = this.values.get(key)
    this.#serializer.check(key, value)
    this.#place(key, value)
    if (text !== this.#lent.get(key)) this.#noteSet(key)
  }

  /** Puts a value in place. The caller holds it, too. */
  #place<T>(key: string, value: T): T {
    if (isObject(value)) this.#lent.set(key, this.#serializer.print(value))
    else this.#lent.delete(key)
    assign(this.#content.values, key, value)
    return value
  }

  #copy(value: unknown): unknown {
    return this.#serializer.parse(this.#serializer.print(value))
  }
}

/** `undefined` deletes. */
function assign(values: Values, key: string, value: unknown): void {
  if (value === undefined) values.delete(key)
  else values.set(key, value)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Plain objects and arrays, all the way down. What else a codec makes can't be frozen in a way that holds. */
function freeze<T>(value: T): T {
  if (isObject(value) && !Object.isFrozen(value) && (Array.isArray(value) || isPlainObject(value))) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}
