import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call, count, type MovingData, movingManager, read, shown, signIn, signOut } from '../testing/moving-in.js'
import type { OldLibrary } from '../testing/old-library.js'
import { cookieAfter } from '../testing/response-cookies.js'

const works = { read, count, signOut, signIn }

type Name = keyof typeof works

/** All requests bring the old cookie, and every call of both stores waits for its turn. */
async function inOrder(
  scheduler: fc.Scheduler,
  requests: readonly Name[],
): Promise<{
  cookies: string[]
  live: Partial<MovingData>[]
  moves: number
  old: OldLibrary
  seen: Partial<MovingData>
}> {
  const setting = movingManager()
  const { store, sessions, events, old } = setting
  const cookie = old.keep('a1', { user: 'ada', visits: 0 })
  const turn = (label: string) => () => scheduler.schedule(Promise.resolve(), label).then(() => {})
  for (const method of ['load', 'create', 'update', 'delete'] as const) store.before(method, turn(method))
  old.beforeLoad = turn('load of the old')
  old.beforeEnd = turn('end of the old')
  const answers = requests.map((work) => call(setting, cookie, works[work]))
  const responses = await scheduler.waitFor(Promise.all(answers))
  store.heal()
  old.beforeLoad = undefined
  old.beforeEnd = undefined
  const cookies = responses.map((response) => cookieAfter(response))
  const live: Partial<MovingData>[] = []
  for (const { id } of (await sessions.list()).sessions) live.push((await sessions.peek(id))?.toJSON() ?? {})
  const moves = events.filter(({ type }) => type === 'moved-in').length
  return { cookies, live, moves, old, seen: await shown(setting, cookie) }
}

const requests = (...of: Name[]): fc.Arbitrary<Name[]> =>
  fc.array(fc.constantFrom(...of), { minLength: 2, maxLength: 4 })

describe('an old session that several requests bring, in any order of their calls,', () => {
  it('is one session, in which nothing is lost', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), requests('read', 'count'), async (scheduler, all) => {
        const { cookies, live, moves, old } = await inOrder(scheduler, all)
        expect(new Set(cookies).size).toBe(1)
        expect(live).toEqual([{ user: 'ada', visits: all.filter((work) => work === 'count').length }])
        expect(moves).toBe(1)
        expect(old.records.size).toBe(0)
      }),
      { numRuns: 150 },
    ))

  it('is over once one of them has signed out', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), requests('read', 'count', 'signOut'), async (scheduler, some) => {
        const { live, moves, old, seen } = await inOrder(scheduler, [...some, 'signOut'])
        // Who counts after the sign-out is a guest.
        for (const data of live) expect(data).not.toHaveProperty('user')
        expect(moves).toBeLessThanOrEqual(1)
        expect(old.records.size).toBe(0)
        expect(seen).toEqual({})
      }),
      { numRuns: 150 },
    ))

  it('never shows by the old cookie what was set with a new id', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), requests('read', 'count', 'signIn'), async (scheduler, some) => {
        const { live, moves, old, seen } = await inOrder(scheduler, [...some, 'signIn'])
        expect(moves).toBe(1)
        expect(live.some(({ user }) => user === 'admin')).toBe(true)
        expect(old.records.size).toBe(0)
        expect(seen.user).not.toBe('admin')
      }),
      { numRuns: 150 },
    ))
})
