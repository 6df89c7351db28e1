import { MemoryStore, type SessionStore } from '@fetch-sessions/core'
import { describe, expect, it } from 'vitest'
import type { CheckGroup } from '../src/check.js'
import { type OpenedStore, storeChecks } from '../src/store-checks.js'

/** A way for a store to be wrong, and checks that find it, among others. */
export interface Fault {
  readonly foundBy: readonly string[]
  readonly open: () => OpenedStore
}

const METHODS = [
  'load',
  'create',
  'update',
  'touch',
  'delete',
  'list',
  'listByOwner',
  'deleteByOwner',
  'deleteExpired',
  'clear',
] as const

/** A right store but for what `change` makes of it. `right` goes by `now`. */
export function faulty(
  change: (right: MemoryStore, now: () => number) => Partial<SessionStore>,
  ...foundBy: string[]
): Fault {
  return {
    foundBy,
    open() {
      let time = Date.now()
      const now = () => time
      const advance = (milliseconds: number) => {
        time += milliseconds
      }
      const right = new MemoryStore({ now })
      const bound = Object.fromEntries(
        METHODS.map((name) => [name, right[name].bind(right)]),
      ) as unknown as SessionStore
      return { store: { ...bound, ...change(right, now) }, clock: { now, advance } }
    },
  }
}

export function refuse(): never {
  throw new Error('refused')
}

/**
 * States that the named checks find each of these faults, and that each check of the groups finds one of them, but for
 * those that find one `elsewhere`.
 */
export function findFaults(
  groups: readonly CheckGroup[],
  faults: Record<string, Fault>,
  elsewhere: readonly string[] = [],
): void {
  describe.each(Object.entries(faults))('when %s', (_, { open, foundBy }) => {
    it.each(foundBy)('it is found by: %s', async (name) => {
      const check = storeChecks(open).find((check) => check.name === name)
      await expect(check?.run()).rejects.toThrow(Error)
    })
  })

  if (groups.length === 0) return

  it.each(groups)('each check of $name finds one of these faults', ({ checks }) => {
    const names = new Set([...elsewhere, ...Object.values(faults).flatMap(({ foundBy }) => foundBy)])
    expect(checks.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([])
  })
}
