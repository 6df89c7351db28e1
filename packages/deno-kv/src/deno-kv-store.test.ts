import { join } from 'node:path'
import { storeChecks } from '@fetch-sessions/store-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DenoWorkshop, openWorkshop } from '../test/deno-process.js'
import { denoKvStore } from './index.js'

/** Of the suite, for the names: the checks themselves run in Deno. */
const checks = storeChecks(() => Promise.reject(new Error('runs in Deno')))

let workshop: DenoWorkshop
beforeAll(async () => {
  workshop = await openWorkshop('conformance', 'increments', 'limits', 'regenerated')
}, 60_000)
afterAll(() => workshop?.close())

const databases = {
  'Deno KV in memory': () => ':memory:',
  'Deno KV in a file': () => join(workshop.folder, 'conformance.sqlite3'),
}

describe.each(Object.entries(databases))('%s', (_, path) => {
  const outcomes = new Map<string, string>()
  beforeAll(async () => {
    const lines = await workshop.run<{ name: string; outcome: string }>('conformance', path())
    for (const { name, outcome } of lines) outcomes.set(name, outcome)
  }, 180_000)

  for (const { group, name } of checks) {
    it(`${group}: ${name}`, ({ skip }) => {
      const outcome = outcomes.get(name)
      if (outcome === 'skipped') skip()
      expect(outcome).toBe('passed')
    })
  }

  it('is held to the whole suite but for deleteExpired, which Deno KV does itself, and stores that are not atomic', () => {
    expect(outcomes.size).toBe(checks.length)
    const skipped = checks.filter(({ name }) => outcomes.get(name) === 'skipped')
    const isNotForIt = ({ group, name }: (typeof checks)[number]): boolean =>
      name.includes('deleteExpired') || group === 'writers at the same moment, the last one wins'
    expect(skipped.map(({ name }) => name)).toEqual(checks.filter(isNotForIt).map(({ name }) => name))
  })
})

describe('several processes on one file', () => {
  it('lose none of their increments, and keep one entry in the owner index', async () => {
    const path = join(workshop.folder, 'increments.sqlite3')
    const id = 'i'.repeat(43)
    const increment = (times: number) =>
      workshop.run<{ losses: number; data: string; version: number; sessions: number }>(
        'increments',
        path,
        id,
        String(times),
      )
    // The first one makes the file: processes that make one at the same moment find it locked.
    await increment(0)
    await Promise.all([increment(40), increment(40), increment(40)])
    expect(await increment(0)).toEqual([{ losses: 0, data: '120', version: 121, sessions: 1 }])
  }, 60_000)
})

describe('deleteByOwner', () => {
  it('finds what a session was regenerated to while it looked', async () => {
    expect(await workshop.run('regenerated')).toEqual([{ deleted: 1, left: [] }])
  })
})

describe('the limits of Deno KV', () => {
  it('are told as they are', async () => {
    const [limits] = await workshop.run('limits')
    expect(limits).toEqual({
      'a session of more than 64 KiB': 'TypeError: Value too large (max 65536 bytes)',
      'the session that it was to replace': 'small',
      'each operation of a closed database': [
        'load',
        'create',
        'update',
        'touch',
        'delete',
        'listByOwner',
        'clear',
      ].map((name) => `${name}: BadResource: Bad resource ID`),
      'what a clear leaves of other data': ['other', 'sessions,other,1'],
    })
  }, 60_000)

  it('leave no room for a prefix of no parts', () => {
    expect(() => denoKvStore({} as never, { prefix: [] })).toThrow(/^prefix: must have a part/)
  })
})
