// The in-process part: every scenario, every contestant that has a fetch handler.
import { measureInGroups } from '../groups.js'
import { scenarios } from '../scenarios.js'
import { inProcessRunner } from './runner.js'

export async function measureInProcess({ inProcess, ...choice }, log) {
  const rows = []
  for (const { id: scenarioId, title } of scenarios.filter(choice.scenarios)) {
    log(`in process: ${title}`)
    const levels = [...inProcess.inFlight, ...(inProcess.more[scenarioId] ?? [])]
    const enter = ({ id }) => ({ key: id, levels, start: () => inProcessRunner({ id, scenarioId }, inProcess) })
    const isChosen = (one) => choice.contestants(one) && !one.isNodeOnly
    rows.push(...(await measureInGroups(isChosen, enter, inProcess.rounds, { scenario: scenarioId })))
  }
  return rows
}
