import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager } from '../index.js'
import { cookieAfter } from '../testing/response-cookies.js'
import { secret } from '../testing/secret.js'
import { writing } from '../testing/serve.js'
import { visit } from '../testing/visit.js'
import { jsonCodec } from './json-codec.js'

const manager = (): SessionManager => new SessionManager({ store: new MemoryStore(), secret, maxDataBytes: 1e8 })

/** Levels of which each holds the next one twice: written out, `2 ** levels` leaves. */
function doubled(levels: number, make: (inner: unknown) => object = (inner) => [inner, inner]): object {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = make(value)
  return value as object
}

const kinds: [string, (inner: unknown) => object][] = [
  ['arrays', (inner) => [inner, inner]],
  ['objects', (inner) => ({ a: inner, b: inner })],
]

/** How often a property of one of these objects is asked for while `work` runs. */
function readsOf(levels: number, work: (value: unknown) => void): number {
  let reads = 0
  const watched = (inner: unknown): object =>
    new Proxy([inner, inner], {
      get: (target, key) => {
        if (key === '0' || key === '1') reads++
        return Reflect.get(target, key)
      },
    })
  work(doubled(levels, watched))
  return reads
}

const REFUSAL = /^Session key "tree" holds the same objects so often that they are more than 1000000 values written out/

describe.each(kinds)('a value in which %s are reached in many ways', (_kind, make) => {
  it.each([20, 30, 300])(
    'is a TypeError that names the key when it is too long written out: %d levels',
    async (levels) => {
      await writing(manager(), '', (session) => {
        expect(() => session.set('tree', doubled(levels, make))).toThrow(TypeError)
        expect(() => session.set('tree', doubled(levels, make))).toThrow(REFUSAL)
        expect(() => session.update('tree', () => doubled(levels, make))).toThrow(REFUSAL)
        expect(session.has('tree')).toBe(false)
      })
    },
  )

  it('is refused as well when it was made so in place, by whatever looks at it next', async () => {
    const sessions = manager()
    const { cookie } = await sessions.issue({ tree: [], other: 1 })
    const looks: ((handle: ReturnType<typeof sessions.open>) => unknown)[] = [
      () => {},
      async (handle) => (await handle.read()).get('tree'),
      async (handle) => (await handle.read()).toJSON(),
      async (handle) => (await handle.write()).update('tree', (tree) => tree),
      (handle) => handle.save(),
      (handle) => handle.save((session) => session.set('other', 2)),
    ]
    for (const look of looks) {
      const answer = sessions.handle(visit(cookie), async (handle) => {
        ;((await handle.write()).get('tree') as unknown[]).push(doubled(30, make))
        await look(handle)
        return new Response()
      })
      await expect(answer).rejects.toThrow(REFUSAL)
    }
    expect((await sessions.read(visit(cookie))).toJSON()).toEqual({ tree: [], other: 1 })
  })

  it('is written out where it is short enough', async () => {
    const sessions = manager()
    const cookie = cookieAfter(await writing(sessions, '', (session) => session.set('tree', doubled(10, make))))
    expect((await sessions.read(visit(cookie))).get('tree')).toEqual(doubled(10, make))
  })
})

describe('the check of a value', () => {
  it('looks at each object once, in however many ways it is reached', () => {
    for (const levels of [10, 19, 30, 300]) {
      const reads = readsOf(levels, (value) => {
        try {
          jsonCodec.check?.('tree', value)
        } catch {}
      })
      expect(reads).toBe(2 * levels)
    }
  })

  it('counts the levels of an object where it lies deepest', () => {
    const inner = doubled(300, (inner) => [inner])
    expect(() => jsonCodec.check?.('tree', [inner, doubled(199, () => [inner])])).not.toThrow()
    const deeper = (levels: number): unknown => {
      let value: unknown = inner
      for (let level = 0; level < levels; level++) value = [value]
      return [inner, value]
    }
    expect(() => jsonCodec.check?.('tree', deeper(199))).not.toThrow()
    expect(() => jsonCodec.check?.('tree', deeper(200))).toThrow(/500 levels/)
  })

  it('refuses no long value of which each object is there once', () => {
    const long = Array.from({ length: 400_000 }, (_, index) => ({ index }))
    expect(() => jsonCodec.check?.('list', long)).not.toThrow()
    expect(() => jsonCodec.check?.('list', [long, { again: [1] }])).not.toThrow()
    expect(() => jsonCodec.check?.('tree', { once: long, twice: long })).toThrow(REFUSAL)
  })

  it('finds a cycle behind an object that was seen before', () => {
    const shared: unknown[] = [1]
    const cycle: unknown[] = [shared]
    shared.push({ shared, cycle })
    expect(() => jsonCodec.check?.('tree', [[2], cycle])).toThrow(/a cycle/)
  })
})
