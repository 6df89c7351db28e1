import type { Awaitable } from '@fetch-sessions/core'
import { type OpenedStore, type StoreCheckOptions, storeChecks } from './store-checks.js'

/** The two functions of a test runner: those of Vitest, `node:test`, `bun:test`, Jest or `@std/testing/bdd`. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, body: (...context: unknown[]) => Promise<void>) => unknown
}

/**
 * Registers the whole suite with a test runner, each check as a test with a store of its own. Checks of what the store
 * does not have are marked as skipped where the runner lets a running test do so (Vitest, `node:test`).
 *
 * @param open a fresh, empty store for each check
 *
 * @example
 * import { testStore } from '@fetch-sessions/store-testing'
 * import { describe, it } from 'vitest'
 * import { myStore } from './my-store.js'
 *
 * testStore('myStore', () => ({ store: myStore() }), { describe, it })
 */
export function testStore(
  name: string,
  open: () => Awaitable<OpenedStore>,
  { describe, it, ...options }: TestRunner & StoreCheckOptions,
): void {
  const checks = storeChecks(open, options)
  describe(name, () => {
    for (const group of new Set(checks.map((check) => check.group))) {
      describe(group, () => {
        for (const check of checks.filter((check) => check.group === group)) {
          // Rest parameters, since runners take a function with parameters for one that calls back.
          it(check.name, async (...context) => {
            if ((await check.run()) === 'skipped') (context[0] as { skip?: () => void } | undefined)?.skip?.()
          })
        }
      })
    }
  })
}
