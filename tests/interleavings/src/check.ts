import type { Core } from './core.js'
import { type Choose, type Explored, explore, follow, type Limits } from './explore.js'
import { brokenPromise } from './promises.js'
import type { Run, Scenario } from './scenario.js'
import { table } from './table.js'
import { runOnce } from './world.js'

/** A run that breaks a promise. */
export interface Found {
  readonly promise: string
  readonly run: Run
}

export interface Checked extends Explored {
  readonly found: Found | undefined
  readonly milliseconds: number
}

/** Every run of a scenario, up to the first that breaks a promise. */
export async function check(core: Core, scenario: Scenario, failures = 0, limits: Limits = {}): Promise<Checked> {
  const started = performance.now()
  let found: Found | undefined
  const explored = await explore(async (choose) => {
    const run = await runOnce(core, scenario, failures, choose)
    const promise = run && brokenPromise(run)
    if (run && promise !== undefined) found = { promise, run }
    return found === undefined
  }, limits)
  return { ...explored, found, milliseconds: performance.now() - started }
}

/** One run, by its text. Not `isStrict`: the text may be one of core as it was. */
export async function replay(
  core: Core,
  scenario: Scenario,
  text: string,
  isStrict = true,
): Promise<Found | undefined> {
  const run = await runOnce(core, scenario, /[!?]/.test(text) ? 1 : 0, follow(text, isStrict))
  const promise = run && brokenPromise(run)
  return run && promise !== undefined ? { promise, run } : undefined
}

/** The shortest run of core that breaks a promise. */
export function shortest(
  core: Core,
  scenario: Scenario,
  failures = 0,
  options: { isQuick?: boolean } = {},
): Promise<Found | undefined> {
  return shortestOf(async (choose) => {
    const run = await runOnce(core, scenario, failures, choose)
    const promise = run && brokenPromise(run)
    return run && promise !== undefined ? { promise, run } : undefined
  }, options)
}

/**
 * The shortest run that breaks a promise: with as few pre-emptions as can be, and of these the one of the fewest steps.
 * `isQuick`: the first of these.
 */
export async function shortestOf<Broken extends { readonly run: { readonly steps: readonly unknown[] } }>(
  make: (choose: Choose) => Promise<Broken | undefined>,
  { isQuick = false }: { isQuick?: boolean } = {},
): Promise<Broken | undefined> {
  for (let preemptions = 0; preemptions <= 4; preemptions++) {
    let best: Broken | undefined
    const { isAll } = await explore(
      async (choose) => {
        const broken = await make(choose)
        if (broken !== undefined && broken.run.steps.length < (best?.run.steps.length ?? Infinity)) best = broken
        return !(isQuick && best !== undefined)
      },
      { preemptions, runs: 20_000 },
    )
    if (best !== undefined || isAll) return best
  }
  return undefined
}

export function tell({ promise, run }: Found): string {
  return `${run.scenario.name}: a promise is broken.\n${promise}\n\n${table(run)}\n`
}
