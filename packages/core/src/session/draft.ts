import { isPromise } from '../awaitable.js'
import type { Awaitable } from '../store/store.js'
import { isObject, isPlainObject } from './codec.js'
import { isEqual } from './equality.js'
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
  values: Values
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
  return { data: await serializer.encode(content.values), owner: content.owner, own: content.own }
}

/** What one request makes of its session, and the steps by which it does so. */
export class Draft {
  readonly #serializer: Serializer
  #content: Unpacked
  #steps: Step[] = []
  #isChanged = false
  /**
   * The value of each key that the request may have changed, as it is after the steps so far. What it is by now is
   * compared with that when it matters: a value may be changed in place at any time. Most requests only read.
   */
  #known: Map<string, unknown> | undefined

  constructor(values: Values, owner: string | undefined, own: OwnLifetime | undefined, serializer: Serializer) {
    this.#content = { values, owner, own }
    this.#serializer = serializer
  }

  get owner(): string | undefined {
    return this.#content.owner
  }

  get keys(): string[] {
    return Object.keys(this.#content.values)
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#content.values, key)
  }

  /** The value for someone who must not change it: an object is frozen, or a frozen copy if a writer holds it. */
  peek(key: string): unknown {
    const value = this.#get(key)
    return freeze(this.#known?.has(key) ? this.#serializer.copy(value) : value)
  }

  /** The value for someone who may change it in place. */
  lend(key: string): unknown {
    const value = this.#get(key)
    if (!isObject(value) || (this.#known?.has(key) && !Object.isFrozen(value))) return value
    return this.#put(key, this.#serializer.copy(value))
  }

  /** `undefined` deletes. @throws TypeError if the codec can't carry the value */
  set(key: string, value: unknown): void {
    this.#serializer.checked(key, value)
    this.#settle(key)
    this.#put(key, value)
    this.#settle(key)
  }

  /** @throws TypeError if the codec can't carry the outcome */
  update(key: string, change: (value: unknown) => unknown): unknown {
    const step: Step = ({ values }) => assign(values, key, this.#serializer.checked(key, change(get(values, key))))
    this.#settle(key)
    const lent = this.lend(key)
    const before = this.#known?.has(key) ? this.#known.get(key) : lent
    try {
      step(this.#content)
    } catch (error) {
      // What was done to an object in place is undone.
      const isUndone = this.#serializer.isEqual(this.#get(key), before)
      if (!isUndone) assign(this.#content.values, key, this.#serializer.copy(before))
      throw error
    }
    const after = this.#get(key)
    this.#know(key, this.#serializer.copy(after))
    // Noted even if it changed nothing: on what others store it may.
    this.#note(step, !this.#serializer.isEqual(after, before))
    return after
  }

  delete(key: string): boolean {
    const had = this.has(key)
    if (had) this.set(key, undefined)
    return had
  }

  clear(): void {
    if (this.keys.length === 0) return
    this.#known = undefined
    this.#make((content) => {
      content.values = {}
    })
  }

  setOwner(owner: string | undefined): void {
    if (owner === this.owner) return
    this.#make((content) => {
      content.owner = owner
    })
  }

  setLifetime(lifetime: OwnLifetime): void {
    const { own } = this.#content
    if (isEqual({ ...own, ...lifetime }, own)) return
    this.#make((content) => {
      content.own = { ...content.own, ...lifetime }
    })
  }

  /**
   * Whether there is anything to store.
   * @throws TypeError naming the key if the codec can't carry what was done to a value in place
   */
  hasChanges(): boolean {
    this.#settleAll()
    return this.#isChanged
  }

  /**
   * What is to be stored in the place of `storedData`, once `hasChanges` has looked. Until it is, nothing is forgotten.
   * @throws SessionDataError if the schema refuses it
   */
  seal(storedData: string): Awaitable<Sealed> {
    const data = this.#isChanged ? this.#serializer.encode(this.#content.values) : storedData
    const { owner, own } = this.#content
    const steps = this.#steps.slice()
    return isPromise(data) ? data.then((data) => ({ data, owner, own, steps })) : { data, owner, own, steps }
  }

  /** It was stored, maybe on top of what others had stored. What was changed meanwhile stays to be stored next. */
  acceptStored(sealed: Sealed, stored: Content): Awaitable<void> {
    const isAsSealed = stored.data === sealed.data && stored.owner === sealed.owner && stored.own === sealed.own
    // A schema may have added defaults, or dropped what it does not know.
    if (isAsSealed && !this.#serializer.hasSchema) return this.#forget(sealed)
    const decoded = this.#serializer.decode(stored.data)
    return isPromise(decoded)
      ? decoded.then((values) => this.#rebase(sealed, { ...stored, values }))
      : this.#rebase(sealed, { ...stored, values: decoded })
  }

  /** Forgets the steps that are stored. */
  #forget({ steps }: Sealed): void {
    this.#steps = this.#steps.slice(steps.length)
    this.#isChanged = this.#steps.length > 0
  }

  /** Makes the steps that are not stored yet to what is stored. */
  #rebase(sealed: Sealed, stored: Unpacked): void {
    this.#forget(sealed)
    for (const [key, known] of this.#known ?? []) {
      // An object that others left as it was stays the one that the request holds.
      if (this.#serializer.isEqual(get(stored.values, key), known)) assign(stored.values, key, this.#get(key))
      else {
        this.#settle(key)
        this.#known?.delete(key)
      }
    }
    this.#content = stored
    for (const step of this.#steps) step(stored)
  }

  #get(key: string): unknown {
    return get(this.#content.values, key)
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

  /** Puts a value in place, without a step: that is for `#settle` to note. */
  #put(key: string, value: unknown): unknown {
    if (!this.#known?.has(key)) this.#know(key, this.#get(key))
    assign(this.#content.values, key, value)
    return value
  }

  #settleAll(): void {
    if (this.#known !== undefined) for (const key of this.#known.keys()) this.#settle(key)
  }

  #know(key: string, value: unknown): void {
    this.#known ??= new Map()
    this.#known.set(key, value)
  }

  /** Notes as a step that the key has its present value, if that is not the one that is known. */
  #settle(key: string): void {
    if (!this.#known?.has(key)) return
    const value = this.#serializer.checked(key, this.#get(key))
    if (this.#serializer.isEqual(value, this.#known.get(key))) return
    const known = this.#serializer.copy(value)
    // As it is stored: JSON leaves out a property that is undefined.
    if (this.#serializer.isEqual(known, this.#known.get(key))) return
    this.#know(key, known)
    this.#note(({ values }) => assign(values, key, this.#serializer.copy(known)))
  }
}

function get(values: Values, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined
}

/** `undefined` deletes. */
function assign(values: Values, key: string, value: unknown): void {
  if (value === undefined) delete values[key]
  else if (Object.hasOwn(values, key) || !(key in values)) values[key] = value
  // Assigning to what every object inherits, such as `__proto__`, would be something else.
  else Object.defineProperty(values, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Plain objects and arrays, all the way down. What else a codec makes can't be frozen in a way that holds. */
function freeze<T>(value: T): T {
  if ((Array.isArray(value) || isPlainObject(value)) && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) freeze(inner)
  }
  return value
}
