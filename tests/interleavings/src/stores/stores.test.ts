import { afterAll, describe, expect, it } from 'vitest'
import type { Limits } from '../explore.js'
import { checkStore, replayStore, shortestOfStore, tellStore } from './check.js'
import { type PlantedInStore, plantedInStores, storeRunsThatBroke } from './planted.js'
import { connectRedis } from './redis-engine.js'
import type { StoreScenario } from './run.js'
import { type StoreName, scenariosOf, storeNames, storeUnderTest } from './stores.js'

const redis = await connectRedis()
afterAll(() => redis?.disconnect())
if (redis === undefined) {
  if (process.env.CI === 'true') throw new Error('Redis is out of reach')
  console.warn('Skipped: the orders of commands in Redis, which is out of reach')
}

const isThere = (name: StoreName): boolean => name !== 'Redis' || redis !== undefined

/** So many runs of each scenario; whole.ts makes all that end. */
const limits = (failures: number): Limits => ({ runs: failures === 0 ? 100 : 40 })

describe.each(storeNames.filter(isThere))('%s', async (name) => {
  const store = await storeUnderTest(name, redis)

  async function keepsEveryPromise(scenario: StoreScenario, failures: number): Promise<void> {
    const { found, runs } = await checkStore(store, scenario, failures, limits(failures))
    if (found) throw new Error(tellStore(found))
    expect(runs).toBeGreaterThan(0)
  }

  describe.each(scenariosOf(name))('$name', (scenario) => {
    it('keeps every promise in every order of commands', () => keepsEveryPromise(scenario, 0))
    it('keeps every promise where a command fails or a process dies, at every place', () =>
      keepsEveryPromise(scenario, 1))
  })
})

function scenarioOf(store: StoreName, name: string): StoreScenario {
  const scenario = scenariosOf(store).find((scenario) => scenario.name === name)
  if (scenario === undefined) throw new Error(`There is no scenario "${name}"`)
  return scenario
}

describe('a fault that is planted in a store is found:', () => {
  it.each(
    plantedInStores.flatMap((planted) =>
      isThere(planted.store) ? [[`${planted.store}: ${planted.name}`, planted]] : [],
    ),
  )('%s', async (_, planted) => {
    const { store: name } = planted as PlantedInStore
    const store = await storeUnderTest(name, redis, planted)
    const scenario = scenarioOf(name, planted.scenario)
    const isQuick = process.env.INTERLEAVINGS !== 'all'
    const found = await shortestOfStore(store, scenario, planted.failures ?? 0, { isQuick })
    if (found === undefined) throw new Error('It is not found')
    if (process.env.INTERLEAVINGS_TELL) console.log(tellStore(found))
    // Its text makes the same run again.
    const again = await replayStore(store, scenario, found.run.text)
    expect(again?.promise).toBe(found.promise)
  })
})

describe('a run that broke a promise of a store once keeps it now:', () => {
  it.each(storeRunsThatBroke)('$what', async ({ store: name, scenario: of, text, fault }) => {
    const scenario = scenarioOf(name, of)
    const planted = plantedInStores.find((planted) => planted.store === name && planted.name === fault)
    if (planted === undefined) throw new Error(`There is no "${fault}"`)
    expect(await replayStore(await storeUnderTest(name, redis, planted), scenario, text, false)).toBeDefined()
    const found = await replayStore(await storeUnderTest(name, redis), scenario, text, false)
    if (found) throw new Error(tellStore(found))
  })
})
