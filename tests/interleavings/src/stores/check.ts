import { shortestOf } from '../check.js'
import { type Explored, explore, follow, type Limits } from '../explore.js'
import { draw } from '../table.js'
import type { OpenEngine } from './engine.js'
import { brokenPromiseOf, type StorePledge } from './promises.js'
import { runStores, type StoreRun, type StoreScenario } from './run.js'

/** A run of stores that breaks a promise. */
export interface StoreFound {
  readonly promise: string
  readonly run: StoreRun
}

export interface StoreUnderTest {
  readonly open: OpenEngine
  readonly promises: readonly StorePledge[]
}

/** Every run of a scenario, up to the first that breaks a promise. */
export async function checkStore(
  { open, promises }: StoreUnderTest,
  scenario: StoreScenario,
  failures: number,
  limits: Limits,
): Promise<Explored & { readonly found: StoreFound | undefined; readonly milliseconds: number }> {
  const started = performance.now()
  let found: StoreFound | undefined
  const explored = await explore(async (choose) => {
    const run = await runStores(open, scenario, failures, choose)
    const promise = run && brokenPromiseOf(promises, run)
    if (run && promise !== undefined) found = { promise, run }
    return found === undefined
  }, limits)
  return { ...explored, found, milliseconds: performance.now() - started }
}

/** One run, by its text. */
export async function replayStore(
  { open, promises }: StoreUnderTest,
  scenario: StoreScenario,
  text: string,
  isStrict = true,
): Promise<StoreFound | undefined> {
  const run = await runStores(open, scenario, /[!?x~]/.test(text) ? 1 : 0, follow(text, isStrict))
  const promise = run && brokenPromiseOf(promises, run)
  return run && promise !== undefined ? { promise, run } : undefined
}

/** The shortest run that breaks a promise. */
export function shortestOfStore(
  { open, promises }: StoreUnderTest,
  scenario: StoreScenario,
  failures: number,
  options: { isQuick?: boolean } = {},
): Promise<StoreFound | undefined> {
  return shortestOf(async (choose) => {
    const run = await runStores(open, scenario, failures, choose)
    const promise = run && brokenPromiseOf(promises, run)
    return run && promise !== undefined ? { promise, run } : undefined
  }, options)
}

export function tellStore({ promise, run }: StoreFound): string {
  const { scenario, steps, text, calls, dead } = run
  const columns = Object.entries(scenario.processes).map(([letter, { says }]) => {
    const own = calls.filter(({ by }) => by === letter)
    const ends = own.map(({ method, answer, failure }) => `${method} ${failure ? 'failed' : brief(answer)}`)
    return { letter, says, end: `= ${ends.join(', ')}${dead.includes(letter) ? ', dead' : ''}` }
  })
  return `${scenario.name}: a promise is broken.\n${promise}\n\n${draw(columns, steps, text)}\n`
}

function brief(answer: unknown): string {
  if (Array.isArray(answer)) return `[${answer.map(({ id }) => String(id).slice(0, 1)).join(' ')}]`
  return typeof answer === 'object' && answer !== null ? `v${Reflect.get(answer, 'version')}` : String(answer)
}
