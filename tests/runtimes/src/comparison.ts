import type { Outcome } from './report.js'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Those that failed as they have to, being exceptions. */
  readonly excepted: number
}

export function count(outcomes: readonly Outcome[]): Counts {
  const of = (state: string): number => outcomes.filter((outcome) => outcome.state === state).length
  return { passed: of('pass'), failed: of('fail'), skipped: of('skip'), excepted: of('except') }
}

/**
 * What is wrong with the outcomes on one runtime, in words: tests that failed, tests that the reference has and this
 * runtime has not or the other way round, tests that are run by one and skipped by the other, exceptions of no test.
 */
export function problemsOf(
  outcomes: readonly Outcome[],
  reference: readonly Outcome[],
  expectedToFail: readonly string[],
): string[] {
  const failed = outcomes
    .filter(({ state }) => state === 'fail')
    .map(({ name, problem }) => `${name}\n${problem ?? ''}`)
  const here = outcomes.map(identify)
  const there = reference.filter(({ name }) => !expectedToFail.some((file) => isIn(file, name))).map(identify)
  return [
    ...failed,
    ...surplus(here, there).map((test) => `${test}: only here`),
    ...surplus(there, here).map((test) => `${test}: not here`),
    ...expectedToFail
      .filter((exception) => !reference.some(({ name }) => name === exception || isIn(exception, name)))
      .map((exception) => `${exception}: an exception, but no test`),
  ]
}

/** Whether a test is one of this file's, or of a file in this folder. */
function isIn(place: string, test: string): boolean {
  return test.startsWith(`${place} > `) || test.startsWith(`${place}/`)
}

/** Blanks don't count: a name may have a function in it, whose text Bun writes in its own way. */
function identify({ name, state }: Outcome): string {
  return name.replaceAll(/\s+/g, '') + (state === 'skip' ? ' (skipped)' : '')
}

/** What is in the one list more often than in the other: tests of a table may share a name. */
function surplus(list: readonly string[], other: readonly string[]): string[] {
  const left = [...other]
  return list.filter((entry) => {
    const at = left.indexOf(entry)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}
