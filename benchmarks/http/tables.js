// The same scenarios over HTTP, and one with many visitors.
import { measureInGroups } from '../groups.js'
import { scenario, scenarios } from '../scenarios.js'
import { settingsOf } from '../settings.js'
import { httpRunner } from './runner.js'

export async function measureHttp({ http, ...choice }, log) {
  const rows = []
  // A cookie stays unseen for one request only, and clients ask faster than cookies are made: in process only.
  for (const asked of scenarios.filter((one) => choice.scenarios(one) && !one.isFresh)) {
    log(`over HTTP: ${asked.title}`)
    const levels = [...http.inFlight, ...(http.more[asked.id] ?? [])]
    rows.push(...(await measureScenario(asked, asked.id, levels, choice.contestants, http)))
  }
  log(`over HTTP: read, ${http.crowd} live sessions`)
  const isSeeded = ({ base, kind, isInCookie, isOnServer }) =>
    base === 'hono' && kind !== 'library' && !isInCookie && !isOnServer
  const chosen = (one) => choice.contestants(one) && isSeeded(one)
  const crowd = { ...http, count: http.crowd }
  rows.push(...(await measureScenario(scenario('read'), 'crowd', http.inFlight, chosen, crowd)))
  return rows
}

function measureScenario(asked, name, levels, isChosen, options) {
  const enter = (one) => ({ key: one.id, levels, start: () => httpRunner(one.id, asked, settingsOf(options, one)) })
  return measureInGroups(isChosen, enter, options.rounds, { scenario: name })
}
