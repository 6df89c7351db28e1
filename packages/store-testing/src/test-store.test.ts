import { MemoryStore, type SessionStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import { LastWriterStore } from '../test/last-writer-store.js'
import { type OpenedStore, storeChecks } from './store-checks.js'
import { testStore } from './test-store.js'

/** Opens a store with a clock that is moved, not waited for. */
function open(storeWith: (now: () => number) => SessionStore): OpenedStore {
  let time = Date.now()
  const now = () => time
  const advance = (milliseconds: number) => {
    time += milliseconds
  }
  return { store: storeWith(now), clock: { now, advance } }
}

const openMemoryStore = () => open((now) => new MemoryStore({ now }))
const openLastWriterStore = () => open((now) => new LastWriterStore(false, now))

testStore('MemoryStore, which can compare-and-set', openMemoryStore, { describe, it })
testStore('MemoryStore in real time', () => ({ store: new MemoryStore() }), { describe, it })
testStore('a store that can’t', openLastWriterStore, { describe, it, maxDataBytes: 65_536 })

describe('storeChecks', () => {
  it('gives each check a name of its own', () => {
    const names = storeChecks(openMemoryStore).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('opens a store for each check and closes it, also after a failure', async () => {
    const opened = new Set<symbol>()
    const checks = storeChecks(async () => {
      const name = Symbol('store')
      opened.add(name)
      const store = Object.assign(new MemoryStore(), { load: () => Promise.reject(new Error('out of reach')) })
      return { store: store as never, close: async () => opened.delete(name) }
    })
    await expect(checks[0]?.run()).rejects.toThrow('out of reach')
    expect(opened.size).toBe(0)
  })

  it('skips what a store does not have, and closes it', async () => {
    let closed = 0
    const { load, create, update, touch, delete: remove } = new LastWriterStore(true)
    const checks = storeChecks(() => ({
      store: { load, create, update, touch, delete: remove },
      close: () => closed++,
    }))
    const about = /\blist\b|listByOwner|deleteByOwner|deleteExpired|clear|owners are|different owners|useClock/
    const skipped = await Promise.all(checks.filter(({ name }) => about.test(name)).map(({ run }) => run()))
    expect(new Set(skipped)).toEqual(new Set(['skipped']))
    expect(closed).toBe(skipped.length)
  })

  it('takes a store for atomic unless it says that it is not', async () => {
    const ran = async (atomic?: boolean) => {
      const checks = storeChecks(() => ({
        store: Object.assign(new MemoryStore(), atomic === undefined ? {} : { atomic }),
      }))
      const check = checks.find(({ name }) => name.startsWith('of 20 parallel updates'))
      return check?.run()
    }
    expect(await ran()).toBe('passed')
    expect(await ran(true)).toBe('passed')
    expect(await ran(false)).toBe('skipped')
  })

  it('lets only an eventually consistent store create without a look at what is there', async () => {
    const outcomeOf = async (consistency: 'strong' | 'eventual') => {
      const checks = storeChecks(() => ({ store: Object.assign(new MemoryStore(), { consistency }) }))
      return checks.find(({ name }) => name.startsWith('create with an id that exists'))?.run()
    }
    expect([await outcomeOf('strong'), await outcomeOf('eventual')]).toEqual(['passed', 'skipped'])
  })

  it('keeps to maxDataBytes, counted in UTF-8', async () => {
    const sizes: number[] = []
    class Measured extends MemoryStore {
      override create(...args: Parameters<MemoryStore['create']>): boolean {
        sizes.push(new TextEncoder().encode(args[1].data).length)
        return super.create(...args)
      }
    }
    const checks = storeChecks(() => ({ store: new Measured() }), { maxDataBytes: 1001 })
    await checks.find(({ name }) => name.startsWith('data of the greatest length'))?.run()
    expect(sizes).toEqual([1001])
  })

  it('says what was expected and what came instead', async () => {
    class Forgetful extends MemoryStore {
      override load(): undefined {}
    }
    const checks = storeChecks(() => ({ store: new Forgetful() }))
    const check = checks.find(({ name }) => name.startsWith('create gives true, and load'))
    await expect(check?.run()).rejects.toThrow(/^load: expected \{"data":.*\}, got undefined$/)
  })
})

describe('testStore', () => {
  it('needs no more of a test runner than describe and it, and hands it functions without parameters', async () => {
    const titles: string[] = []
    const bodies: (() => Promise<void>)[] = []
    testStore('mine', openMemoryStore, {
      describe(name, body) {
        titles.push(name)
        body()
      },
      it(_, body) {
        bodies.push(body)
      },
    })
    expect(titles[0]).toBe('mine')
    expect(bodies).toHaveLength(storeChecks(openMemoryStore).length)
    expect(bodies.every((body) => body.length === 0)).toBe(true)
    for (const body of bodies) await body()
  })

  it('fits the types of node:test as well', () => {
    type NodeTest = (
      name?: string,
      body?: (context: { skip(message?: string): void }, done: () => void) => void | Promise<void>,
    ) => Promise<void>
    type Runner = Parameters<typeof testStore>[2]
    const nodeTest: NodeTest = async () => {}
    const runner: Pick<Runner, 'it'> = { it: nodeTest }
    expect(runner.it).toBe(nodeTest)
  })
})
