// The in-process part: every scenario, every contestant that has a fetch handler.
import { contestants } from '../contestants/index.js'
import { scenarios } from '../scenarios.js'
import { compare } from '../statistics.js'
import { measureInRounds } from './rounds.js'

export async function measureInProcess({ inProcess, ...choice }, log) {
  const outcome = []
  for (const { id: scenarioId, title } of scenarios.filter(choice.scenarios)) {
    log(`in process: ${title}`)
    const inFlight = [...inProcess.inFlight, ...(inProcess.more[scenarioId] ?? [])]
    const entries = contestants
      .filter((one) => choice.contestants(one) && one.isNodeOnly !== true)
      .map(({ id }) => ({ key: id, prepare: { id, scenarioId }, inFlight }))
    const results = await measureInRounds(entries, inProcess)
    outcome.push(...compareAll(results, { scenario: scenarioId }))
  }
  return outcome
}

/** One row for each contestant and level, compared with its base. */
export function compareAll(results, fields) {
  return [...results].flatMap(([id, { fault, times }]) => {
    if (fault !== undefined) return [{ ...fields, contestant: id, fault }]
    const { base } = contestants.find((one) => one.id === id)
    return Object.entries(times).map(([level, own]) => {
      const baseTimes = results.get(base)?.times?.[level]
      return {
        ...fields,
        contestant: id,
        inFlight: Number(level),
        ...compare(own, baseTimes ?? own),
      }
    })
  })
}
