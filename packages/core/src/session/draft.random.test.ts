import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Draft } from './draft.js'
import { merge } from './merge.js'
import { Serializer } from './serializer.js'
import type { Content } from './stored-session.js'

interface Held {
  n: number
}

const KEYS = ['a', 'b'] as const
type Key = (typeof KEYS)[number]

/** What a handler does: gets an object, changes the one it got last, sets a key, updates it. */
type Step = { readonly do: 'get' | 'change' | 'set' | 'update' | 'delete'; readonly key: Key }

/** A save, of all that is changed or of these steps alone, and what the handler does while it is under way. */
type Save = {
  readonly do: 'save' | 'failing save'
  readonly steps: readonly Step[]
  readonly meanwhile: readonly Step[]
  readonly after: readonly Step[]
  /** What another request has stored before. */
  readonly others: readonly Key[]
}

const key = fc.constantFrom(...KEYS)
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('get', 'change', 'change', 'set', 'update', 'delete'),
  key,
})
const steps = fc.array(step, { maxLength: 3 })
const save: fc.Arbitrary<Save> = fc.record({
  do: fc.constantFrom('save', 'failing save'),
  steps,
  meanwhile: steps,
  after: steps,
  others: fc.uniqueArray(key, { maxLength: 1 }),
})

/** One handler with a draft, and a map that holds what is to be there. */
class Handler {
  readonly draft: Draft
  readonly serializer: Serializer
  stored: Content
  model: Map<Key, number>
  /** The object that it has got of each key, outside of a save that failed. */
  readonly got: Map<Key, Held> = new Map()
  /** The keys that it has changed since the last save began. */
  readonly touched: Set<Key> = new Set()
  #count = 0

  constructor(isAsync: boolean) {
    const accept = (value: unknown) => ({ value })
    const validate = isAsync
      ? async (value: unknown) => {
          await Promise.resolve()
          return accept(value)
        }
      : accept
    this.serializer = new Serializer({ schema: { '~standard': { version: 1, vendor: 'test', validate } } })
    const values = { a: { n: -1 }, b: { n: -2 } }
    const none = { owner: undefined, ownerAt: undefined, label: undefined, own: undefined, lock: undefined }
    this.stored = { data: JSON.stringify(values), version: 1, ...none }
    this.draft = new Draft(this.stored, values, this.serializer)
    this.model = new Map([
      ['a', -1],
      ['b', -2],
    ])
  }

  /** `inFailing`: nothing of it stays. */
  run({ do: what, key }: Step, inFailing = false): void {
    const n = ++this.#count
    const { draft } = this
    // Deleting what is not there is no change.
    if (what === 'delete' && !draft.has(key)) return
    if (inFailing) {
      if (what === 'get') draft.lend(key)
      if (what === 'change') {
        const held = draft.lend(key) as Held | undefined
        if (held !== undefined) held.n = n
      }
    } else {
      if (what === 'get' || what === 'change') {
        // It keeps what it has got until it puts something else there.
        const held = this.got.get(key) ?? (draft.lend(key) as Held | undefined)
        if (held === undefined) return
        this.got.set(key, held)
        if (what === 'get') return
        held.n = n
        this.model.set(key, n)
      }
      if (what !== 'change') this.got.delete(key)
      if (what === 'set' || what === 'update') this.model.set(key, n)
      if (what === 'delete') this.model.delete(key)
      this.touched.add(key)
    }
    if (what === 'set') draft.set(key, { n })
    if (what === 'update') draft.update(key, () => ({ n }))
    if (what === 'delete') draft.delete(key)
  }

  async save({ do: what, steps, meanwhile, after, others }: Save): Promise<void> {
    const { draft, serializer } = this
    if (what === 'failing save') {
      const takeBack = draft.apart(() => {
        for (const step of steps) this.run(step, true)
      })
      const sealing = draft.seal()
      for (const step of meanwhile) this.run(step)
      await sealing
      const takingBack = takeBack()
      for (const step of after) this.run(step)
      await takingBack
      return
    }
    for (const step of steps) this.run(step)
    this.touched.clear()
    const sealing = draft.seal()
    for (const step of meanwhile) this.run(step)
    const sealed = await sealing
    const changed = new Set(sealed.changes.map((change) => 'key' in change && change.key))
    let { stored } = this
    for (const key of others) {
      const n = ++this.#count
      const values = { ...JSON.parse(stored.data), [key]: { n } }
      stored = { ...stored, data: JSON.stringify(values) }
      if (!changed.has(key) && !this.touched.has(key)) this.model.set(key, n)
    }
    const content = stored === this.stored ? sealed.content : await merge(sealed.changes, stored, serializer)
    this.stored = content
    const accepting = draft.accept(sealed, content)
    for (const step of after) this.run(step)
    await accepting
  }

  shown(): Record<string, unknown> {
    return Object.fromEntries(KEYS.flatMap((key) => (this.draft.has(key) ? [[key, this.draft.peek(key)]] : [])))
  }

  expected(): Record<string, unknown> {
    return Object.fromEntries([...this.model].map(([key, n]) => [key, { n }]))
  }
}

describe.each([
  ['at once', false],
  ['later', true],
])('whatever a handler does with the objects that it holds, where the schema answers %s', (_, isAsync) => {
  it('is stored in the end, and nothing of what could not be saved', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(step, save), { maxLength: 6 }), async (moves) => {
        const handler = new Handler(isAsync)
        for (const move of moves) {
          if ('steps' in move) await handler.save(move)
          else handler.run(move)
          expect(handler.shown()).toEqual(handler.expected())
        }
        const { content } = await handler.draft.seal()
        expect(JSON.parse(content.data)).toEqual(handler.expected())
      }),
      { numRuns: 400 },
    )
  })
})
