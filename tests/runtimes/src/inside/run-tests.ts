import { type File, startTests, type Task, type Test, type VitestRunner } from '@vitest/runner'
import { getFullName, getTests } from '@vitest/runner/utils'
import type { Outcome } from '../report.js'

/** The test files by their paths. Each is evaluated when it is imported: some runtimes allow little before a request. */
export type TestFiles = Record<string, () => Promise<unknown>>

const SEPARATOR = ' > '

/** Runs all tests of these files, and tells what became of each. Those named in `expectedToFail` have to. */
export async function runTests(files: TestFiles, expectedToFail: readonly string[]): Promise<Outcome[]> {
  const isExpectedToFail = (test: Test): boolean => expectedToFail.includes(getFullName(test, SEPARATOR))
  const runner: VitestRunner = {
    config: {
      root: '/',
      name: undefined,
      setupFiles: [],
      passWithNoTests: false,
      testNamePattern: undefined,
      allowOnly: false,
      sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: (path) => files[path.slice(1)]?.(),
    onCollected: (collected) => {
      for (const test of getTests(collected)) test.fails = isExpectedToFail(test)
    },
  }
  const outcomeOf = (test: Test): Outcome => {
    const state = test.result?.state ?? 'skip'
    return {
      name: getFullName(test, SEPARATOR),
      state: state === 'pass' && isExpectedToFail(test) ? 'except' : state,
      problem: problemOf(test),
    }
  }
  const done = await startTests(
    Object.keys(files).map((path) => `/${path}`),
    runner,
  )
  return done.flatMap((file) => [...failuresOutside(file), ...getTests(file).map(outcomeOf)])
}

/** A file that could not be evaluated, or a failed hook, is a failure too, though no test has it. */
function failuresOutside(suite: Task): Outcome[] {
  if (suite.type !== 'suite') return []
  const name = getFullName(suite, SEPARATOR)
  const own: Outcome[] = suite.result?.errors?.length ? [{ name, state: 'fail', problem: problemOf(suite) }] : []
  return [...own, ...suite.tasks.flatMap(failuresOutside)]
}

function problemOf({ result }: File | Task): string | undefined {
  return result?.errors?.map(({ message, diff, stack }) => [message, diff ?? stack].join('\n')).join('\n')
}
