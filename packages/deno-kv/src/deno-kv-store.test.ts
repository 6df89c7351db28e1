import { join } from 'node:path'
import { storeChecks } from '@fetch-sessions/store-testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DenoWorkshop, openWorkshop } from '../test/deno-process.js'
import { denoKvStore } from './index.js'

/** Of the suite, for the names: the checks themselves run in Deno. */
const checks = storeChecks(() => Promise.reject(new Error('runs in Deno')))

const neverAsked = { get() {}, list() {}, atomic() {} } as never

let workshop: DenoWorkshop
beforeAll(async () => {
  workshop = await openWorkshop('conformance', 'increments', 'limits', 'regenerated', 'mixed', 'times')
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
  it('finds what a session was regenerated to while it looked, and says so when that has no end', async () => {
    const [few, endless] = await workshop.run('regenerated')
    // What is left of the old ones belongs to nobody.
    expect(few).toEqual({ outcome: 1, living: 0, listed: [] })
    expect(endless).toEqual({
      outcome:
        'Error: fetch-sessions: denoKvStore: this owner got new sessions each of the 20 times that we looked. 0 were removed; keep the owner ' +
        'from signing in, and call again.',
      living: 1,
      listed: [expect.any(String)],
    })
  })
})

describe('an answer that is another session’s', () => {
  it('is an error of each call, not taken, and writes nothing', async () => {
    const [outcome] = await workshop.run<{ calls: Record<string, string>; other: string }>('mixed')
    const error = expect.stringMatching(
      /^Error: fetch-sessions: denoKvStore: the answer is about another key than was asked for, and nothing/,
    )
    const calls = ['load', 'update', 'touch', 'delete', 'list', 'listByOwner', 'deleteByOwner', 'clear']
    expect(outcome).toEqual({
      calls: Object.fromEntries(calls.map((name) => [name, error])),
      other: 'secret, version 1',
    })
    expect(JSON.stringify(outcome?.calls)).not.toContain('secret')
  })
})

describe('times', () => {
  it('may be absurd or fractions, and a clock may be, too', async () => {
    const lines = await workshop.run<{ expiresAt: number; kept: boolean }>('times')
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.filter(({ kept }) => !kept)).toEqual([])
  })
})

describe('the limits of Deno KV', () => {
  it('are told as they are', async () => {
    const [limits] = await workshop.run('limits')
    expect(limits).toEqual({
      'a session of more than 64 KiB': 'TypeError: Value too large (max 65536 bytes)',
      'the session that it was to replace': 'small',
      'the longest data and owner': { 'a letter': true, 'a sign': true, NUL: true, mixed: true },
      'each operation of a closed database': [
        'load',
        'create',
        'update',
        'touch',
        'delete',
        'list',
        'listByOwner',
        'deleteByOwner',
        'clear',
      ].map((name) => `${name}: BadResource: Bad resource ID`),
      'what a clear leaves of other data': ['other', 'sessions,other,1'],
    })
  }, 60_000)

  it('leave no room for a prefix of no parts', () => {
    expect(() => denoKvStore(neverAsked, { prefix: [] })).toThrow(
      /^fetch-sessions: denoKvStore: prefix must have a part/,
    )
  })

  it('leave no room for one that is as long as a key, and less for an owner below a long one', () => {
    expect(() => denoKvStore(neverAsked, { prefix: 'x'.repeat(1000) })).toThrow(
      /^fetch-sessions: denoKvStore: prefix must be shorter/,
    )
    const [short, long] = ['x', 'x'.repeat(500)].map((prefix) => denoKvStore(neverAsked, { prefix }).limits.ownerBytes)
    expect(long).toBeLessThan(short as number)
    expect(long).toBeGreaterThan(255)
  })
})
