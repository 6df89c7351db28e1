import { availableParallelism } from 'node:os'
import { build, startServer } from './application.js'
import { type Check, checks, type Site } from './checks.js'
import { type Framework, sendForm } from './frameworks.js'

/** What came of a check: `undefined` if all was as it has to be. */
export type Outcomes = ReadonlyMap<Check, unknown>

/** Builds and starts the application of each framework, and runs all checks on it. As many at once as there are cores. */
export async function runAll(frameworks: readonly Framework[]): Promise<ReadonlyMap<Framework, Outcomes>> {
  const outcomes = new Map<Framework, Outcomes>()
  const waiting = [...frameworks]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) outcomes.set(next, await run(next))
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, work))
  return new Map(frameworks.map((framework) => [framework, outcomes.get(framework) as Outcomes]))
}

/** The checks that this framework has to pass. */
export function checksOf({ without = {} }: Framework): Check[] {
  return checks.filter(({ name }) => !(name in without))
}

async function run(framework: Framework): Promise<Outcomes> {
  const wanted = checksOf(framework)
  try {
    await build(framework)
    return await runChecks(framework, wanted)
  } catch (error) {
    return new Map(wanted.map((check) => [check, error]))
  }
}

/** Runs checks on an application that is built. */
export async function runChecks(
  framework: Framework,
  wanted: readonly Check[],
  command: readonly string[] = framework.start,
): Promise<Outcomes> {
  const server = await startServer(framework, command)
  try {
    const site: Site = {
      origin: `http://localhost:${server.port}`,
      act: (visitor, action) => framework.act?.(visitor, action, site) ?? sendForm(visitor, `/${action}`),
    }
    const outcomes = new Map<Check, unknown>()
    for (const check of wanted) outcomes.set(check, await check.run(site).catch(withOutput(server.output)))
    return outcomes
  } finally {
    await server.stop()
  }
}

/** What the server has written says most of what went wrong. */
function withOutput(output: () => string): (error: unknown) => Error {
  return (error) => new Error(`${error}\n${output().slice(-4000)}`, { cause: error })
}
