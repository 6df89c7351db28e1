import { contestant } from './contestants/index.js'
import { compare } from './statistics.js'

/** One row for each contestant and level, compared with its base; `fields` are put into each. */
export function compareAll(results, fields) {
  return [...results].flatMap(([id, { fault, turns }]) => {
    if (fault !== undefined) return [{ ...fields, contestant: id, fault }]
    const baseTurns = results.get(contestant(id).base)?.turns
    return Object.entries(turns).map(([level, own]) => ({
      ...fields,
      contestant: id,
      inFlight: Number(level),
      turns: own,
      ...compare(own, baseTurns?.[level] ?? own),
    }))
  })
}
