/**
 * What a test file gets when it imports `vitest` inside a runtime that Vitest itself does not run on: Vitest's own runner,
 * matchers and spies, which need no platform, put together as Vitest does. A part that is not here fails the build.
 */

import { type FakeTimerInstallOpts, type InstalledClock, install } from '@sinonjs/fake-timers'
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  ChaiStyleAssertions,
  chai,
  customMatchers,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'
import { getCurrentTest } from '@vitest/runner'
import { fn, restoreAllMocks, spyOn as spyOnOwn } from '@vitest/spy'

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from '@vitest/runner'

for (const plugin of [JestExtend, JestChaiExpect, ChaiStyleAssertions, JestAsymmetricMatchers]) chai.use(plugin)

type Assertion = Chai.Assertion & { withTest(test: unknown): Chai.Assertion }

const assertionOf = (value: unknown, message?: string): Chai.Assertion => {
  const assertion = chai.expect(value, message) as Assertion
  const test = getCurrentTest()
  return test === undefined ? assertion : assertion.withTest(test)
}

export const expect: typeof assertionOf = Object.assign(
  assertionOf,
  chai.expect,
  (globalThis as Record<symbol, unknown>)[ASYMMETRIC_MATCHERS_OBJECT],
  {
    unreachable: (message = 'this line') => chai.assert.fail(`expected ${message} not to be reached`),
    getState: () => getState(expect as never),
    setState: (state: object) => setState(state, expect as never),
  },
)
// The method comes with JestExtend.
;(chai.expect as unknown as { extend(expect: unknown, matchers: object): void }).extend(expect, customMatchers)

/**
 * Makes the method the object's own first. Those that Bun brings along can not be configured, and neither could the spy
 * that takes the place of one: it would stay for ever.
 */
const spyOn = ((object: Record<string, () => void>, method: string) => {
  const value = object[method]
  if (!Object.hasOwn(object, method))
    Object.defineProperty(object, method, { value, configurable: true, writable: true })
  return spyOnOwn(object, method)
}) as typeof spyOnOwn

let clock: InstalledClock | undefined

const timers = {
  useFakeTimers: (options: FakeTimerInstallOpts): void => {
    clock = install({ ...options, now: Date.now(), ignoreMissingTimers: true })
  },
  useRealTimers: (): void => clock?.uninstall(),
  advanceTimersByTimeAsync: (milliseconds: number): Promise<number> | undefined => clock?.tickAsync(milliseconds),
}

export const vi: typeof timers & { fn: typeof fn; spyOn: typeof spyOn; restoreAllMocks: typeof restoreAllMocks } = {
  ...timers,
  fn,
  spyOn,
  restoreAllMocks,
}
