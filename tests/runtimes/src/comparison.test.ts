import { describe, expect, it } from 'vitest'
import { count, problemsOf } from './comparison.js'
import type { Outcome } from './report.js'

function outcomes(states: Record<string, string>): Outcome[] {
  return Object.entries(states).map(([name, state]) => ({ name, state }))
}

const reference = outcomes({ one: 'pass', two: 'pass', three: 'skip' })

describe('a runtime is fine', () => {
  it('with the outcomes of the reference', () => {
    expect(problemsOf(reference, reference, [])).toEqual([])
  })

  it('with an exception that failed as it has to', () => {
    const here = outcomes({ one: 'except', two: 'pass', three: 'skip' })
    expect(problemsOf(here, reference, ['one'])).toEqual([])
    expect(count(here)).toEqual({ passed: 1, failed: 0, skipped: 1, excepted: 1 })
  })

  it('without the tests of a file that is an exception', () => {
    const there = outcomes({ one: 'pass', 'file > two': 'pass' })
    expect(problemsOf(outcomes({ one: 'pass' }), there, ['file'])).toEqual([])
  })

  it('where a name has other blanks in it', () => {
    expect(problemsOf([{ name: '() => {\n}', state: 'pass' }], [{ name: '() => {}', state: 'pass' }], [])).toEqual([])
  })
})

describe('a runtime is not fine', () => {
  it.each([
    ['failed', { one: 'fail', two: 'pass', three: 'skip' }, 'one'],
    ['is missing', { one: 'pass', three: 'skip' }, 'two: not here'],
    ['is new', { one: 'pass', two: 'pass', three: 'skip', four: 'pass' }, 'four: only here'],
    ['is skipped', { one: 'pass', two: 'skip', three: 'skip' }, 'two (skipped): only here'],
  ])('if a test %s', (_what, states, problem) => {
    expect(problemsOf(outcomes(states), reference, [])).toContainEqual(expect.stringContaining(problem))
  })

  it('if one of two tests of the same name is missing', () => {
    const [one] = outcomes({ one: 'pass' }) as [Outcome]
    expect(problemsOf([one], [one, one], [])).toEqual(['one: not here'])
  })

  it('if an exception is of no test', () => {
    expect(problemsOf(reference, reference, ['gone'])).toEqual(['gone: an exception, but no test'])
  })
})
