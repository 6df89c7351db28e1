import * as core from '@fetch-sessions/core'
import { nodeSigner } from '@fetch-sessions/core/node'
import { check, tell } from './check.js'
import { scenarios } from './scenarios.js'

const [, , filter = '', failures = '0', runs = '20000'] = process.argv
for (const scenario of scenarios) {
  if (!scenario.name.includes(filter)) continue
  const checked = await check({ ...core, nodeSigner }, scenario, Number(failures), { runs: Number(runs) })
  console.log(
    `${scenario.name}: ${checked.runs} runs, ${checked.cut} cut, all: ${checked.isAll}, ${Math.round(checked.milliseconds)} ms`,
  )
  if (checked.found) console.log(tell(checked.found))
}
