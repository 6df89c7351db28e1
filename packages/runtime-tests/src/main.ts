/** `pnpm test:runtimes`: all runtimes, or those named. `--table` prints the table of README.md and writes it there. */

import { runBehaviourTests } from './behaviour-tests.js'
import { type Counts, count, problemsOf } from './comparison.js'
import { exceptionsOn } from './exceptions.js'
import { runHttpTests } from './http-tests.js'
import { updateReadme } from './readme.js'
import type { Outcome } from './report.js'
import { pinnedVersion, type Runtime, runtimes } from './runtimes.js'
import { table } from './table.js'
import { installedVersion } from './version.js'

/** How many problems of one runtime are shown. */
const MOST = 10

const args: string[] = process.argv.slice(2)

if (args.includes('--table')) {
  updateReadme()
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
  const [first] = runtimes
  const { outcomes: reference, internals } = await runBehaviourTests(first)
  let fine = true
  for (const runtime of runtimes.filter(({ id }) => ids.length === 0 || ids.includes(id))) {
    const problems = await report(runtime, reference, runtime === first ? reference : undefined)
    for (const problem of problems.slice(0, MOST)) console.error(`  ${problem.replaceAll('\n', '\n    ')}`)
    if (problems.length > MOST) console.error(`  and ${problems.length - MOST} more`)
    fine &&= problems.length === 0
  }
  console.log(`All against the built packages, but for what no package exports: ${internals.join(', ') || 'nothing'}.`)
  return fine
}

/** Tests one runtime, prints its line, and returns what is wrong. */
async function report(runtime: Runtime, reference: readonly Outcome[], known?: readonly Outcome[]): Promise<string[]> {
  try {
    const version = await installedVersion(runtime)
    const behaviour = known ?? (await runBehaviourTests(runtime)).outcomes
    const http = await runHttpTests(runtime)
    console.log(
      `${runtime.label.replaceAll('`', '')} ${version}: ${inWords(count(behaviour))}; over HTTP ${inWords(count(http))}`,
    )
    const expectedToFail = exceptionsOn(runtime).map(({ test }) => test)
    return [...problemsOf(behaviour, reference, expectedToFail), ...problemsOf(http, http, [])]
  } catch (error) {
    console.log(`${runtime.label} ${pinnedVersion(runtime)}: not tested`)
    return [error instanceof Error ? error.message : String(error)]
  }
}

function inWords({ passed, failed, skipped, excepted }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped${excepted > 0 ? `, ${excepted} excepted` : ''}`
}
