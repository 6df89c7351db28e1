import { describe, expect, it } from 'vitest'
import { replay, shortest, tell } from './check.js'
import { coreWith } from './plant.js'
import { planted } from './planted.js'
import { scenarios } from './scenarios.js'

describe('a fault that is planted is found:', () => {
  it.each(planted)('$name', async ({ scenario: name, failures = 0, ...fault }) => {
    const core = await coreWith(fault)
    const scenario = scenarios.find((scenario) => scenario.name === name)
    if (scenario === undefined) throw new Error(`There is no scenario "${name}"`)
    const found = await shortest(core, scenario, failures, { isQuick: process.env.INTERLEAVINGS !== 'all' })
    if (found === undefined) throw new Error('It is not found')
    if (process.env.INTERLEAVINGS_TELL) console.log(tell(found))
    // Its text makes the same run again.
    const again = await replay(core, scenario, found.run.text)
    expect(again?.promise).toBe(found.promise)
  })
})
