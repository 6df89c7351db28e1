import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { exceptionsOn } from './exceptions.js'
import { type Program, write } from './program.js'
import type { Outcome } from './report.js'
import type { Runtime } from './runtimes.js'
import { start } from './started-process.js'
import { bundleTests } from './test-bundle.js'

const run = promisify(execFile)

/** How long all tests may take on one runtime, in milliseconds. It is about ten seconds where nothing else runs. */
const PATIENCE = 300_000

const PRINT = 'console.log(JSON.stringify(await outcomes()))'
/** workerd does nothing outside of a request. */
const ANSWER = 'export default { fetch: async () => Response.json(await outcomes()) }'

export interface BehaviourTests {
  readonly outcomes: readonly Outcome[]
  /** The source files that tests reach for although their package does not export them. */
  readonly internals: readonly string[]
}

/** Runs the behaviour tests of the built packages on a runtime. */
export async function runBehaviourTests(runtime: Runtime): Promise<BehaviourTests> {
  const isWorkerd = runtime.server === 'workerd'
  const expectedToFail = exceptionsOn(runtime).map(({ test }) => test)
  const { code, internals } = await bundleTests(runtime, isWorkerd ? ANSWER : PRINT, expectedToFail)
  const program = write(runtime, code)
  try {
    const outcomes: Outcome[] = JSON.parse(await (isWorkerd ? answerOf(program) : printedBy(program)))
    return { outcomes, internals }
  } finally {
    program.remove()
  }
}

async function answerOf({ command }: Program): Promise<string> {
  const server = await start(command)
  try {
    return await (await fetch(`http://127.0.0.1:${server.port}/`, { signal: AbortSignal.timeout(PATIENCE) })).text()
  } finally {
    await server.stop()
  }
}

async function printedBy({ command: [file = '', ...args] }: Program): Promise<string> {
  const { stdout } = await run(file, args, { maxBuffer: 64 * 1024 * 1024, timeout: PATIENCE })
  return stdout.trimEnd().split('\n').at(-1) ?? ''
}
