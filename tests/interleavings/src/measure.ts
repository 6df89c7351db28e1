import { check, tell } from './check.js'
import { today } from './plant.js'
import { scenarios } from './scenarios.js'

/** How many runs each scenario has, as a table for the documentation: `tsx src/measure.ts 6000 60 "a sign-in"`. */
const [, , runs = '6000', seconds = '60', filter = ''] = process.argv
const core = await today()
console.log('| Scenario | Runs | Time | With one call failing | Time |')
console.log('| --- | --- | --- | --- | --- |')
for (const scenario of scenarios) {
  if (!scenario.name.includes(filter)) continue
  const cells: string[] = [scenario.name]
  for (const failures of [0, 1]) {
    const {
      runs: made,
      isAll,
      milliseconds,
      found,
    } = await check(core, scenario, failures, {
      runs: Number(runs),
      seconds: Number(seconds),
    })
    if (found) console.log(tell(found))
    cells.push(`${made}${isAll ? '' : ', not all'}`, `${(milliseconds / 1000).toFixed(1)} s`)
  }
  console.log(`| ${cells.join(' | ')} |`)
}
