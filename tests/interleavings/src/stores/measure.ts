import { checkStore, tellStore } from './check.js'
import { connectRedis } from './redis-engine.js'
import { scenariosOf, storeNames, storeUnderTest } from './stores.js'

/** How many runs the scenarios of each store have, as a table for the documentation: `tsx src/stores/measure.ts 6000 60`. */
const [, , runs = '6000', seconds = '60'] = process.argv
const redis = await connectRedis()
console.log('| Store | Scenarios | Runs | To the end | With one failure or crash | To the end | Time |')
console.log('| --- | --- | --- | --- | --- | --- | --- |')
for (const name of storeNames) {
  if (name === 'Redis' && redis === undefined) continue
  const store = await storeUnderTest(name, redis)
  const scenarios = scenariosOf(name)
  const cells: (string | number)[] = [name, scenarios.length]
  let time = 0
  for (const failures of [0, 1]) {
    let made = 0
    const unfinished: string[] = []
    for (const scenario of scenarios) {
      const limits = { runs: Number(runs), seconds: Number(seconds) }
      const explored = await checkStore(store, scenario, failures, limits)
      if (explored.found) console.log(tellStore(explored.found))
      made += explored.runs
      time += explored.milliseconds
      if (!explored.isAll) unfinished.push(scenario.name)
    }
    cells.push(made, `${scenarios.length - unfinished.length} of ${scenarios.length}`)
  }
  console.log(`| ${[...cells, `${Math.round(time / 1000)} s`].join(' | ')} |`)
}
redis?.disconnect()
