import { beforeAll, describe, expect, it } from 'vitest'
import { frameworks as all, type Framework } from './frameworks.js'
import { checksOf, type Outcomes, runAll } from './run.js'
import { readTable, table, writeTable } from './table.js'

/** `FRAMEWORKS=h3,next`: only these. */
const only = process.env.FRAMEWORKS?.split(',')
const frameworks = all.filter(({ folder }) => only?.includes(folder) ?? true)
/** Those that can't run here, and why. */
const skipped = new Map<Framework, string>()
for (const framework of frameworks) {
  const reason = await framework.needs?.whyMissing()
  if (reason === undefined) continue
  skipped.set(framework, reason)
  console.warn(`${framework.label} is skipped: ${reason}`)
}
let outcomes: ReadonlyMap<Framework, Outcomes>

beforeAll(async () => {
  outcomes = await runAll(frameworks.filter((framework) => !skipped.has(framework)))
})

describe.each(frameworks.map((framework) => [framework.label, framework] as const))('%s', (_label, framework) => {
  const reason = skipped.get(framework)
  it.for(checksOf(framework).map((check) => [check.name, check] as const))('%s', ([, check], { skip }) => {
    if (reason !== undefined) skip(reason)
    const outcome = outcomes.get(framework)
    expect(outcome?.has(check)).toBe(true)
    expect(outcome?.get(check)).toBeUndefined()
  })
})

// With some of them alone, most of the table is not known.
describe.skipIf(only)('the table of docs/frameworks.md', () => {
  it('says what ran here', () => {
    const ran = table(frameworks, outcomes)
    if (process.env.WRITE_TABLE !== undefined) writeTable(ran)
    expect(readTable()).toBe(ran)
  })
})
