/** `pnpm test:runtimes`: all runtimes, or those named. `--table` writes the table of docs/runtimes.md, and prints it. */

import { availableParallelism } from 'node:os'
import { limitConcurrency } from '@vitest/runner/utils'
import { type BehaviourTests, runBehaviourTests } from './behaviour-tests.js'
import { type Counts, count, problemsOf } from './comparison.js'
import { exceptionsOn } from './exceptions.js'
import { runHttpTests } from './http-tests.js'
import type { Outcome } from './report.js'
import { pinnedVersion, type Runtime, runtimes } from './runtimes.js'
import { updateRuntimesPage } from './runtimes-page.js'
import { table } from './table.js'
import { installedVersion } from './version.js'

/** How many problems of one runtime are shown. */
const MOST = 10

/** What was found on one runtime. */
interface Findings {
  readonly behaviour: BehaviourTests
  readonly http: readonly Outcome[]
}

const args: string[] = process.argv.slice(2)

if (args.includes('--table')) {
  updateRuntimesPage()
  console.log(table())
} else {
  process.exitCode = (await test(args)) ? 0 : 1
}

async function test(ids: readonly string[]): Promise<boolean> {
  const unknown = ids.filter((id) => !runtimes.some((runtime) => runtime.id === id))
  if (unknown.length > 0) {
    console.error(`No runtime is called ${unknown.join(', ')}. There are ${runtimes.map(({ id }) => id).join(', ')}.`)
    return false
  }
  // The first is what the others are compared with.
  const [first, ...others] = runtimes
  const limit = limitConcurrency(availableParallelism())
  const reference = limit(attempt, first)
  const chosen = others.filter(({ id }) => ids.length === 0 || ids.includes(id))
  const running = chosen.map((runtime) => [runtime, limit(attempt, runtime)] as const)

  let fine = true
  for (const [runtime, findings] of [[first, reference] as const, ...running]) {
    const problems = report(runtime, await findings, await reference)
    for (const problem of problems.slice(0, MOST)) console.error(`  ${problem.replaceAll('\n', '\n    ')}`)
    if (problems.length > MOST) console.error(`  and ${problems.length - MOST} more`)
    fine &&= problems.length === 0
  }
  return fine
}

/** Tests one runtime. A runtime that can not be tested is no reason to leave out the others. */
async function attempt(runtime: Runtime): Promise<Findings | Error> {
  try {
    await installedVersion(runtime)
    return { behaviour: await runBehaviourTests(runtime), http: await runHttpTests(runtime) }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Prints the line of one runtime, and returns what is wrong with it. */
function report(runtime: Runtime, findings: Findings | Error, reference: Findings | Error): string[] {
  const name = `${runtime.label.replaceAll('`', '')} ${pinnedVersion(runtime)}`
  if (findings instanceof Error) {
    console.log(`${name}: not tested`)
    return [findings.message]
  }
  const { behaviour, http } = findings
  console.log(`${name}: ${inWords(count(behaviour.outcomes))}; over HTTP ${inWords(count(http))}`)
  const { outcomes, internals }: BehaviourTests = reference instanceof Error ? behaviour : reference.behaviour
  if (findings === reference)
    console.log(`Built packages, but for what none exports: ${internals.join(', ') || 'nothing'}`)
  const expectedToFail = exceptionsOn(runtime).map(({ test }) => test)
  return [...problemsOf(behaviour.outcomes, outcomes, expectedToFail), ...problemsOf(http, http, [])]
}

function inWords({ passed, failed, skipped, excepted }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped${excepted > 0 ? `, ${excepted} excepted` : ''}`
}
