import { availableParallelism } from 'node:os'
import { build, runningFolderOf, startServer } from './application.js'
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
export function checksOf(framework: Framework): readonly Check[] {
  const known = wanted.get(framework)
  if (known !== undefined) return known
  const { without = {}, extra } = framework
  const all = [...checks.filter(({ name }) => !(name in without)), ...(extra?.(runningFolderOf(framework)) ?? [])]
  wanted.set(framework, all)
  return all
}

const wanted = new Map<Framework, readonly Check[]>()

async function run(framework: Framework): Promise<Outcomes> {
  try {
    if (process.env.SKIP_BUILD === undefined) await build(framework)
    return await runChecks(framework)
  } catch (error) {
    return new Map(checksOf(framework).map((check) => [check, error]))
  }
}

async function runChecks(framework: Framework): Promise<Outcomes> {
  const server = await startServer(framework)
  try {
    const site: Site = {
      origin: `http://localhost:${server.port}`,
      paths: { home: '/', public: '/public', live: '/live', ...framework.paths },
      redirects: framework.calls === undefined,
      act: (visitor, action) => (framework.act ?? framework.calls ?? sendForm)(visitor, action),
    }
    const outcomes = new Map<Check, unknown>()
    for (const check of checksOf(framework)) outcomes.set(check, await check.run(site).catch(withOutput(server.output)))
    return outcomes
  } finally {
    await server.stop()
  }
}

/** What the server has written says most of what went wrong. */
function withOutput(output: () => string): (error: unknown) => Error {
  return (error) => new Error(`${error}\n${output().slice(-4000)}`, { cause: error })
}
