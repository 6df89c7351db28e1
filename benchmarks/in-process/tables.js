// The in-process part: every scenario, every contestant that has a fetch handler.
import { compareAll } from '../compare-all.js'
import { contestants } from '../contestants/index.js'
import { takeTurns } from '../rounds.js'
import { scenarios } from '../scenarios.js'
import { inProcessRunner } from './runner.js'

export async function measureInProcess({ inProcess, ...choice }, log) {
  const rows = []
  for (const { id: scenarioId, title } of scenarios.filter(choice.scenarios)) {
    log(`in process: ${title}`)
    const entries = contestants
      .filter((one) => choice.contestants(one) && !one.isNodeOnly)
      .map(({ id }) => ({
        key: id,
        levels: [...inProcess.inFlight, ...(inProcess.more[scenarioId] ?? [])],
        start: () => inProcessRunner({ id, scenarioId }, inProcess),
      }))
    rows.push(...compareAll(await takeTurns(entries, inProcess.rounds), { scenario: scenarioId }))
  }
  return rows
}
