import { compareAll } from './compare-all.js'
import { contestants } from './contestants/index.js'
import { takeTurns } from './rounds.js'

/**
 * The rows of all chosen contestants, measured group by group: those of one framework, and those whose sessions are on a
 * server. With all processes alive at once, some took several times as long as alone.
 *
 * @param isChosen - whether a contestant takes part
 * @param enter - the entry of a contestant for `takeTurns`
 */
export async function measureInGroups(isChosen, enter, rounds, fields) {
  const rows = []
  for (const { members, bases } of groupsOf(contestants.filter(isChosen))) {
    const results = await takeTurns([...bases, ...members].map(enter), rounds)
    // A framework alone has its row in its own group.
    const isBase = ({ contestant }) => bases.some(({ id }) => id === contestant)
    rows.push(...compareAll(results, fields).filter((row) => !isBase(row)))
  }
  return rows
}

function groupsOf(chosen) {
  const groups = new Map()
  for (const one of chosen) {
    const name = one.isOnServer ? 'on servers' : one.base
    groups.set(name, [...(groups.get(name) ?? []), one])
  }
  return [...groups.values()].map((members) => ({
    members,
    // What they are compared with, where that is not one of them.
    bases: contestants.filter(({ id }) => members.some(({ base }) => base === id) && !members.some((m) => m.id === id)),
  }))
}
