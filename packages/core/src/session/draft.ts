import { isPromise } from '../awaitable.js'
import type { Awaitable } from '../store/store.js'
import { isEqual } from './equality.js'
import type { OwnLifetime } from './lifetime.js'
import { applied, type Change, ownValue, versionOf } from './merge.js'
import { assign, freezePlain, isObject, isPlain } from './plain-values.js'
import type { Serializer, Values } from './serializer.js'
import type { Content } from './stored-session.js'

/** A draft at one moment: its content, ready to be stored, and the changes that led to it. */
export interface Sealed {
  readonly content: Content
  readonly changes: readonly Change[]
  /** Whether the content is another than the one that the draft began with. */
  readonly isChanged: boolean
}

/** An object that a writer holds, and the value as it was noted last. */
type Lent = readonly [key: string, held: unknown, before: unknown]

/** Most requests change nothing. */
const NONE: never[] = []

/** What one request makes of its session: the values as they are now, and the changes that led to them. */
export class Draft {
  readonly #serializer: Serializer
  /** What the draft began with, as it is stored. */
  #base: Content
  #values: Values
  #rest: Content
  #changes: Change[] = NONE
  /** How many of the changes there are up to the last one that has made a difference. 0: none has. */
  #different = 0
  /**
   * Keys whose objects a writer holds, and may change in place at any time: with the value as it was when it was handed
   * out, or as it is noted since.
   */
  #lent: Map<string, unknown> | undefined
  /** Objects that a writer still holds, of keys that have another value by now. */
  #left: readonly Lent[] = NONE

  /** `values`: those of `base`. */
  constructor(base: Content, values: Values, serializer: Serializer) {
    this.#serializer = serializer
    this.#base = base
    this.#values = values
    this.#rest = base
  }

  get owner(): string | undefined {
    return this.#rest.owner
  }

  get label(): string | undefined {
    return this.#rest.label
  }

  get own(): OwnLifetime | undefined {
    return this.#rest.own
  }

  get keys(): string[] {
    this.#held()
    return Object.keys(this.#values)
  }

  has(key: string): boolean {
    this.#catchUp(key)
    return Object.hasOwn(this.#values, key)
  }

  /** The value for someone who must not change it: frozen, or a copy where a writer holds it or it can't be frozen. */
  peek(key: string): unknown {
    const value = this.#get(key)
    if (!isObject(value)) return value
    if (this.#lent?.has(key) || !isPlain(value)) {
      // Whoever holds it may have put anything into it.
      const copy = this.#serializer.take(key, value)
      return isPlain(copy) ? freezePlain(copy) : copy
    }
    return freezePlain(value)
  }

  /** The value for someone who may change it in place. */
  lend(key: string): unknown {
    const value = this.#get(key)
    if (!isObject(value) || this.#lent?.has(key)) return value
    const own = this.#serializer.copy(value)
    this.#hold(key, own, value)
    return own
  }

  /** `undefined` deletes. @throws TypeError naming the key if the codec can't carry the value */
  set(key: string, value: unknown): void {
    // The application's own object stays its own, and the noted one stays as it is.
    const own = this.#serializer.take(key, value)
    this.#letGo((of) => of === key)
    if (this.#serializer.isEqual(own, this.#get(key))) return
    this.#put(key, isPlain(own) ? freezePlain(own) : this.#serializer.copy(own))
    this.#note({ type: 'set', key, value: own })
  }

  /** @throws TypeError naming the key if the codec can't carry the outcome */
  update(key: string, update: (value: unknown) => unknown): unknown {
    this.#noteChangeInPlace(key)
    const value = this.#get(key)
    const isLent = this.#lent?.has(key) === true
    // Who holds the object goes on with it; else a copy is handed out, so that a throw leaves nothing behind.
    const before = this.#noted(key, value)
    const given = isLent ? value : this.#serializer.copy(value)
    let after: unknown
    try {
      const outcome = update(given)
      this.#serializer.check(key, outcome)
      after = Object.is(outcome, given) ? outcome : this.#serializer.take(key, outcome)
    } catch (error) {
      // What was done to it in place is undone.
      if (isLent && !this.#isAsBefore(value, before)) this.#put(key, before)
      throw error
    }
    // Noted even if it changed nothing: on what others store it may.
    this.#note({ type: 'update', key, update }, !this.#serializer.isEqual(after, before))
    this.#letGo((of) => of === key)
    if (isLent && after === given) this.#lent?.set(key, this.#serializer.copy(after))
    else this.#put(key, after)
    return this.lend(key)
  }

  delete(key: string): boolean {
    const had = this.has(key)
    this.set(key, undefined)
    return had
  }

  clear(except: readonly string[] = NONE): void {
    for (const key of this.#lent?.keys() ?? NONE) if (!except.includes(key)) this.#lent?.delete(key)
    this.#letGo((key) => !except.includes(key))
    this.make({ type: 'clear', except })
  }

  /**
   * Makes a change that is about the whole session. It is noted even if it changes nothing: on what others store it may.
   * @throws SessionLockedError
   */
  make(change: Change): void {
    const before = this.#rest
    const size = Object.keys(this.#values).length
    const { values, rest } = applied(change, { values: this.#values, rest: before }, this.#serializer)
    this.#values = values
    this.#rest = rest
    this.#note(change, 'key' in change || Object.keys(values).length !== size || !isEqual(rest, before))
  }

  /** Whether a change is noted. One that was made in place is not, before it is sealed. */
  get isChanged(): boolean {
    return this.#different > 0
  }

  /** Whether it holds nothing that is worth storing. */
  get isEmpty(): boolean {
    return this.keys.length === 0 && this.owner === undefined
  }

  /**
   * What is to be stored now. Until it is, nothing is forgotten.
   * @throws SessionDataError if the schema refuses it; SessionTooLargeError; TypeError naming the key if the codec
   * can't carry what was done to a value in place
   */
  seal(): Awaitable<Sealed> {
    const held = this.#held()
    if (this.#changes.length === 0 && held === NONE) return { content: this.#base, changes: NONE, isChanged: false }
    // Noted, since each is made once: what writers do to their objects while this is stored is the next one's.
    this.#noteChangesInPlace()
    const { isChanged } = this
    const changes = this.#changes.slice()
    if (!isChanged) return { content: this.#base, changes, isChanged }
    const rest = this.#rest
    const version = versionOf(rest, this.#serializer)
    const finish = (data: string): Sealed => ({ content: { ...rest, version, data }, changes, isChanged })
    const data = this.#serializer.encode(this.#values, version)
    if (!isPromise(data)) return finish(data)
    // What is set while the schema is at work is no part of it.
    this.#values = { ...this.#values }
    return data.then(finish)
  }

  /**
   * What was sealed is stored, maybe on top of what others had stored. What was changed meanwhile stays to be stored
   * next.
   */
  accept(sealed: Sealed, stored: Content): Awaitable<void> {
    const isAsSealed = this.#forget(sealed) && stored === sealed.content
    if (!isAsSealed || !this.#serializer.isVerbatim(stored.version)) return this.rebase(stored)
    // Those who hold an object go on with it.
    this.#begin(stored, this.#values, this.#rest)
  }

  /** Goes on from what others have stored: makes what is not `sealed` to that. */
  rebase(stored: Content, sealed?: Sealed): Awaitable<void> {
    if (sealed !== undefined) this.#forget(sealed)
    return this.#goOn(stored, () => this.#allChanges())
  }

  /** Returns a function that brings back the draft as it is now. It must not be sealed in between. */
  keep(): () => void {
    this.#noteChangesInPlace()
    const [values, rest, left] = [{ ...this.#values }, this.#rest, this.#left]
    const [changes, different, lent] = [[...this.#changes], this.#different, this.#lent && new Map(this.#lent)]
    return () => {
      this.#values = values
      this.#rest = rest
      this.#changes = changes
      this.#different = different
      this.#lent = lent
      this.#left = left
      this.#letGo((_, held, before) => !this.#isAsBefore(held, before))
      // What was done in place to an object that somebody holds.
      for (const [key, before] of [...(lent ?? [])])
        if (!this.#isAsBefore(this.#get(key), before)) this.#put(key, before)
    }
  }

  /**
   * Does something by which the draft is changed. Returns a function that takes back these changes alone, whatever else
   * was changed or stored since.
   */
  apart(change: () => void): () => Awaitable<void> {
    this.#noteChangesInPlace()
    const [before, holders] = [this.#changes.length, this.#holders()]
    change()
    this.#noteChangesInPlace()
    const known = this.#changes.slice()
    const own = known.slice(before)
    // Objects in whose place the change has put something else, as it has left them: nothing that it did to them counts.
    const still = this.#holders().map(([, held]) => held)
    const displaced = holders
      .filter(([, held]) => !still.includes(held))
      .map(([key, held]): Lent => [key, held, this.#serializer.copy(held)])
    const isSetSince = (key: string): boolean =>
      this.#changes.some((change) => 'key' in change && change.key === key && !known.includes(change))
    return () =>
      this.#goOn(
        this.#base,
        () => this.#allChanges().filter((change) => !own.includes(change)),
        () => displaced.filter(([key]) => !isSetSince(key)),
      )
  }

  /** Forgets all that was changed. */
  rollBack(): Awaitable<void> {
    this.#letGo((_, held, before) => !this.#isAsBefore(held, before))
    return this.#goOn(this.#base)
  }

  /**
   * `later`: gives the changes to make to what is stored. Without it, objects that were changed in place are let go of.
   * `displaced`: gives objects that writers held before, and hold again.
   */
  #goOn(stored: Content, later?: () => readonly Change[], displaced?: () => Lent[]): Awaitable<void> {
    const finish = (values: Values): void => {
      const back = displaced?.() ?? NONE
      const changes = later?.() ?? NONE
      const held = [...back, ...this.#lentObjects()]
      this.#lent = new Map()
      this.#begin(stored, values, stored)
      this.#changes = NONE
      this.#different = 0
      for (const change of changes) this.make(change)
      for (const lent of held) {
        const [key, value, before] = lent
        const now = ownValue(this.#values, key)
        const isValue = this.#isAsBefore(value, now) || (later !== undefined && !this.#isAsBefore(value, before))
        if (isValue && !this.#lent.has(key)) this.#hold(key, value, now)
        else if (later !== undefined) this.#left = [...this.#left, lent]
      }
    }
    const values = this.#serializer.decode(stored.data, stored.version)
    return isPromise(values) ? values.then(finish) : finish(values)
  }

  #lentObjects(): Lent[] {
    return [...(this.#lent ?? NONE)].map(([key, before]) => [key, this.#get(key), before])
  }

  /** What writers hold, whatever the values are by now. */
  #holders(): Lent[] {
    return [...this.#left, ...this.#lentObjects()]
  }

  #begin(base: Content, values: Values, rest: Content): void {
    this.#base = base
    this.#values = values
    this.#rest = rest
  }

  /** Forgets the changes that are stored. `false` if they were rolled back meanwhile. */
  #forget({ changes }: Sealed): boolean {
    const { length } = changes
    if (length > 0 && this.#changes[length - 1] !== changes[length - 1]) return false
    this.#changes = this.#changes.length === length ? NONE : this.#changes.slice(length)
    this.#different = Math.max(0, this.#different - length)
    return true
  }

  /** Whoever holds this object goes on with it. */
  #hold(key: string, value: unknown, before: unknown): void {
    this.#lent = (this.#lent ?? new Map()).set(key, before)
    assign(this.#values, key, value)
  }

  /** An object that was left is the value again as soon as it is changed in place: that counts as a `set` of its key. */
  #catchUp(key: string): void {
    for (const lent of this.#left) {
      const [of, held, noted] = lent
      if (of !== key || this.#changeFrom(noted, key, held) === undefined) continue
      const now = ownValue(this.#values, key)
      const before = this.#noted(key, now)
      this.#left = [...this.#left.filter((other) => other !== lent), [key, now, before]]
      // Where the newer object is changed as well, that one counts.
      if (this.#changeFrom(before, key, now) === undefined) this.#hold(key, held, before)
    }
  }

  /** Lets go of objects that were left. */
  #letGo(isMeant: (...lent: Lent) => boolean): void {
    if (this.#left !== NONE) this.#left = this.#left.filter((lent) => !isMeant(...lent))
  }

  /** The value of a key as it was noted last, where a writer holds it. */
  #noted(key: string, now: unknown): unknown {
    return this.#lent?.has(key) ? this.#lent.get(key) : now
  }

  /** The keys whose objects a writer holds, caught up. */
  #held(): Iterable<string> {
    for (const [key] of this.#left) this.#catchUp(key)
    return this.#lent?.keys() ?? NONE
  }

  /** `false` also where a writer has put into it what the codec can't carry. */
  #isAsBefore(value: unknown, before: unknown): boolean {
    try {
      return this.#serializer.isEqual(value, before)
    } catch {
      return false
    }
  }

  #get(key: string): unknown {
    this.#catchUp(key)
    return ownValue(this.#values, key)
  }

  #put(key: string, value: unknown): void {
    this.#lent?.delete(key)
    assign(this.#values, key, value)
  }

  #note(change: Change, isDifference = true): void {
    if (this.#changes === NONE) this.#changes = [change]
    else this.#changes.push(change)
    if (isDifference) this.#different = this.#changes.length
  }

  /** @throws TypeError naming the key if the codec can't carry what was done to a value; nothing is noted then */
  #noteChangesInPlace(): void {
    for (const key of this.#held()) this.#serializer.check(key, this.#get(key))
    this.#allChanges()
  }

  /** Those as well that writers have made in place since the last were noted. */
  #allChanges(): readonly Change[] {
    for (const key of this.#held()) this.#noteChangeInPlace(key)
    return this.#changes
  }

  #noteChangeInPlace(key: string): void {
    const now = this.#get(key)
    const change = this.#changeFrom(this.#noted(key, now), key, now)
    if (change === undefined) return
    this.#lent?.set(key, change.value)
    this.#note(change)
  }

  /** The `set` that a change in place from `before` to `now` counts as. */
  #changeFrom(before: unknown, key: string, now: unknown): Extract<Change, { type: 'set' }> | undefined {
    if (this.#serializer.isEqual(now, before)) return undefined
    const value = this.#serializer.take(key, now)
    // As it is stored: JSON leaves out a property that is undefined.
    return this.#serializer.isEqual(value, before) ? undefined : { type: 'set', key, value }
  }
}
