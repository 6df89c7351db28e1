import { fileURLToPath } from 'node:url'
import type { TestCase } from 'vitest/node'
import { startVitest } from 'vitest/node'
import type { Outcome } from './report.js'
import type { Runtime } from './runtimes.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The id of the runtime whose servers are tested. */
    runtime: string
  }
}

/** Runs the tests in the folder `http` on servers of this runtime. */
export async function runHttpTests(runtime: Runtime): Promise<Outcome[]> {
  const vitest = await startVitest('test', [], {
    root: fileURLToPath(new URL('..', import.meta.url)),
    watch: false,
    reporters: [{}],
    provide: { runtime: runtime.id },
  })
  try {
    const modules = vitest.state.getTestModules()
    const broken = modules.flatMap((module) =>
      module
        .errors()
        .map(({ message }): Outcome => ({ name: module.relativeModuleId, state: 'fail', problem: message })),
    )
    return [...broken, ...modules.flatMap((module) => [...module.children.allTests()].map(outcomeOf))]
  } finally {
    await vitest.close()
  }
}

function outcomeOf(test: TestCase): Outcome {
  const { state, errors = [] } = test.result()
  const problem = errors.map(({ message, diff }) => [message, diff].join('\n')).join('\n')
  return { name: test.fullName, state: state === 'passed' ? 'pass' : state === 'failed' ? 'fail' : 'skip', problem }
}
