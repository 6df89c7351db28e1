// The in-process part: every scenario, every contestant that has a fetch handler.
import { measureInGroups } from '../groups.js'
import { scenarios } from '../scenarios.js'
import { settingsOf } from '../settings.js'
import { inProcessRunner } from './runner.js'

export async function measureInProcess({ inProcess, ...choice }, log) {
  const rows = []
  for (const { id: scenarioId, title } of scenarios.filter(choice.scenarios)) {
    log(`in process: ${title}`)
    const levels = [...inProcess.inFlight, ...(inProcess.more[scenarioId] ?? [])]
    const enter = (one) => ({
      key: one.id,
      levels,
      start: () => inProcessRunner({ id: one.id, scenarioId }, settingsOf(inProcess, one)),
    })
    const isChosen = (one) => choice.contestants(one) && !one.isNodeOnly
    rows.push(...(await measureInGroups(isChosen, enter, inProcess.rounds, { scenario: scenarioId })))
  }
  return rows
}
