import { describe, expect, it } from 'vitest'
import { check, replay, tell } from './check.js'
import type { Core } from './core.js'
import type { Limits } from './explore.js'
import { coreWith, today } from './plant.js'
import { planted } from './planted.js'
import { runsThatBroke } from './runs-that-broke.js'
import type { Scenario } from './scenario.js'
import { scenarios } from './scenarios.js'

/** So many runs of each scenario; whole.ts makes all that end. */
const limits = (failures: number): Limits => ({ runs: failures === 0 ? 200 : 60 })

const core: Core = await today()

async function keepsEveryPromise(scenario: Scenario, failures: number): Promise<void> {
  const { found, runs } = await check(core, scenario, failures, limits(failures))
  if (found) throw new Error(tell(found))
  expect(runs).toBeGreaterThan(0)
}

describe.each(scenarios)('$name', (scenario) => {
  it('keeps every promise in every order', () => keepsEveryPromise(scenario, 0))
  it('keeps every promise with a call of the store that fails, at every place', () => keepsEveryPromise(scenario, 1))
})

describe('a run that broke a promise once keeps it now:', () => {
  it.each(runsThatBroke)('$what', async ({ scenario: name, text, fault }) => {
    const scenario = scenarios.find((scenario) => scenario.name === name)
    const wrong = planted.find((planted) => planted.name === fault)
    if (scenario === undefined || wrong === undefined) throw new Error(`There is no "${name}", or no "${fault}"`)
    expect(await replay(await coreWith(wrong), scenario, text, false)).toBeDefined()
    const found = await replay(core, scenario, text, false)
    if (found) throw new Error(tell(found))
  })
})
