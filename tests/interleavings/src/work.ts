import { check, tell } from './check.js'
import type { Limits } from './explore.js'
import { today } from './plant.js'
import { scenarios } from './scenarios.js'
import { checkStore, type StoreUnderTest, tellStore } from './stores/check.js'
import { connectRedis } from './stores/redis-engine.js'
import { type StoreName, scenariosOf, storeUnderTest } from './stores/stores.js'

/** One scenario that whole.ts gives to a process. */
export interface Job {
  /** `undefined`: of core. */
  readonly store: StoreName | undefined
  readonly name: string
  readonly failures: number
  readonly limits: Limits
}

export interface Done extends Job {
  readonly made: number
  readonly isAll: boolean
  readonly milliseconds: number
  /** A run that breaks a promise, for people. */
  readonly broken: string | undefined
}

const core = today()
const redis = await connectRedis()
const opened = new Map<StoreName, Promise<StoreUnderTest>>()

async function work(job: Job): Promise<Done> {
  const { store: name, failures, limits } = job
  if (name === undefined) {
    const { runs, isAll, milliseconds, found } = await check(await core, named(scenarios, job.name), failures, limits)
    return { ...job, made: runs, isAll, milliseconds, broken: found && tell(found) }
  }
  const store = opened.get(name) ?? storeUnderTest(name, redis)
  opened.set(name, store)
  const explored = await checkStore(await store, named(scenariosOf(name), job.name), failures, limits)
  const { runs, isAll, milliseconds, found } = explored
  return { ...job, made: runs, isAll, milliseconds, broken: found && tellStore(found) }
}

function named<Scenario extends { readonly name: string }>(all: readonly Scenario[], name: string): Scenario {
  const scenario = all.find((scenario) => scenario.name === name)
  if (scenario === undefined) throw new Error(`There is no scenario "${name}"`)
  return scenario
}

process.on('message', async (job: Job) => process.send?.(await work(job)))
process.on('disconnect', () => redis?.disconnect())
