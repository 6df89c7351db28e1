import { describe, expect, it } from 'vitest'
import type { Core } from './core.js'
import { type Choose, type Explored, explore, type Limits } from './explore.js'
import { outcomeOf } from './outcome.js'
import { coreWith, today } from './plant.js'
import { planted } from './planted.js'
import { brokenPromise } from './promises.js'
import { scenarios } from './scenarios.js'
import { brokenPromiseOf } from './stores/promises.js'
import { runStores, type StoreRun } from './stores/run.js'
import { type StoreName, scenariosOf, storeUnderTest } from './stores/stores.js'
import { runOnce } from './world.js'

/** All that runs come to, and how many there are. */
interface Seen extends Explored {
  readonly outcomes: readonly string[]
}

async function see(
  run: (choose: Choose) => Promise<string | undefined>,
  reduction: Limits['reduction'],
): Promise<Seen> {
  const outcomes = new Set<string>()
  const explored = await explore(
    async (choose) => {
      const outcome = await run(choose)
      if (outcome !== undefined) outcomes.add(outcome)
      return true
    },
    reduction === undefined ? {} : { reduction },
  )
  expect(explored.isAll).toBe(true)
  return { ...explored, outcomes: [...outcomes].sort() }
}

/** Nothing is missed, and no run is made for nothing but a few that are given up. */
async function expectAll(run: (choose: Choose) => Promise<string | undefined>): Promise<void> {
  const every = await see(run, 'none')
  const asleep = await see(run, 'sleep')
  const reduced = await see(run, undefined)
  expect(reduced.outcomes).toEqual(every.outcomes)
  expect(reduced.runs).toBe(asleep.runs)
  expect(reduced.runs).toBeLessThan(every.runs)
  expect(reduced.cut).toBeLessThanOrEqual(asleep.cut)
}

const runOf =
  (core: Core, name: string, failures: number) =>
  async (choose: Choose): Promise<string | undefined> => {
    const scenario = named(scenarios, name)
    const run = await runOnce(core, scenario, failures, choose)
    return run && `${outcomeOf(run)} ${brokenPromise(run)}`
  }

function named<Named extends { readonly name: string }>(all: readonly Named[], name: string): Named {
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw new Error(`There is no "${name}"`)
  return found
}

describe('what is explored comes to all that every order of every step comes to:', async () => {
  const core = await today()

  it.each([
    ['two updates', 0],
    ['a use that is due beside an update, two processes', 0],
    ['a sign-in beside an update, two processes', 0],
    ['a shorter lifetime beside a use that is due', 0],
    ['a sign-out beside an update, two processes', 0],
    ['two that work alone', 0],
    ['a sign-out beside a sign-out everywhere', 0],
    ['cached: two updates', 0],
    ['two updates, two processes', 1],
    ['a first update, sent again', 1],
  ] as const)('%s, with %i failing', (name, failures) => expectAll(runOf(core, name, failures)))

  it.each([
    'an update that does not look at the version',
    'a regenerate that deletes the old record, and leaves no marker',
    'a regenerate that does not take back the new record of a session that is gone',
    'a change that is dropped without a word',
    'a queue that forgets a failure',
  ])('and to the same broken promises: %s', async (name) => {
    const { scenario, failures = 0, ...fault } = named(planted, name)
    await expectAll(runOf(await coreWith(fault), scenario, failures))
  })

  it.each([
    ['Deno KV', 'a sign-out beside a change', 1],
    ['Durable Objects', 'a sign-out beside a use', 1],
    ['Workers KV', 'a new session beside another', 0],
  ] as const)('%s: %s, where %i command fails or process dies', async (name, scenarioName, failures) => {
    const { open, promises } = await storeUnderTest(name as StoreName, undefined)
    const scenario = named(scenariosOf(name), scenarioName)
    await expectAll(async (choose) => {
      const run = await runStores(open, scenario, failures, choose)
      return run && `${outcomeOfStores(run)} ${brokenPromiseOf(promises, run)}`
    })
  })
})

function outcomeOfStores({ calls, dead, records, listed, kept }: StoreRun): string {
  const told = calls.map(({ by, method, of, answer, failure }) => ({
    by,
    method,
    of,
    answer,
    failed: Boolean(failure),
  }))
  const letters = [...new Set(told.map(({ by }) => by))].sort()
  return JSON.stringify({
    told: letters.map((letter) => told.filter(({ by }) => by === letter)),
    dead: [...dead].sort(),
    records: [...records],
    listed: [...listed],
    kept: kept.map(({ key, expiresAt }) => `${key} ${expiresAt}`).sort(),
  })
}
