// What we hold ourselves to. Printed after a run; a goal that is missed fails nothing, since machines differ.
import { contestant } from '../contestants/index.js'
import { quantile } from '../statistics.js'
import { chooseClock } from './clock.js'

const PAIRED = {
  'fetch-ours': ['iron-session', 'remix-memory', 'remix-cookie'],
  'hono-ours': ['hono-sessions', 'hono-official'],
}
const ALL_LIBRARIES = [...Object.values(PAIRED).flat(), 'h3-session', 'express-session']
const FIVE_TIMES = ['hono-sessions', 'hono-official']

export function printGoals(results) {
  const { clock } = chooseClock(results)
  const goals = [
    ...(results.inProcess ? inProcessGoals(rowsOf(results.inProcess, clock)) : []),
    ...(results.http ? httpGoals(rowsOf(results.http, clock)) : []),
    ...(results.memory ? memoryGoals(results.memory) : []),
  ]
  for (const { text, value, isMet } of goals) {
    if (Number.isFinite(value)) console.log(`${isMet ? 'met   ' : 'MISSED'} ${value.toFixed(2).padStart(8)}  ${text}`)
  }
}

function inProcessGoals(rows) {
  const goals = []
  for (const id of ['hono-ours', 'fetch-ours', 'itty-ours']) {
    goals.push(
      atMost(1.5, rows.added('read', 1, id), `read, ${id}: microseconds added, at most 1.5`),
      atMost(3, rows.added('write', 1, id), `write, ${id}: microseconds added, at most 3`),
      atMost(1, rows.added('malformed', 1, id), `malformed, ${id}: microseconds added, at most 1`),
    )
  }
  for (const scenario of ['untouched', 'untouched-cookie']) {
    goals.push(
      atLeast(
        0.98,
        rows.faster(scenario, 1, 'hono-ours', 'hono-empty'),
        `${scenario}: share of an empty middleware, 0.98`,
      ),
    )
  }
  goals.push(
    atLeast(1, rows.faster('new', 1, 'hono-ours', 'hono-hmac'), 'new session: as fast as one WebCrypto HMAC'),
    atLeast(
      0.95,
      rows.fasterScenario(1, 'hono-ours', 'tampered', 'unseen'),
      'forged cookie: as cheap as one not seen before',
    ),
  )
  return [...goals, ...libraryGoals(rows, PAIRED, 'in process')]
}

function httpGoals(rows) {
  const shares = [
    ['untouched-cookie', 'hono-empty', 0.98],
    ['read', 'hono', 0.88],
    ['write', 'hono', 0.85],
    ['crowd', 'hono-webcrypto', 2],
  ].map(([scenario, other, least]) =>
    atLeast(least, rows.faster(scenario, 32, 'hono-ours', other), `HTTP ${scenario}: share of ${other}, ${least}`),
  )
  return [...shares, ...libraryGoals(rows, { 'hono-ours': ALL_LIBRARIES }, 'HTTP')]
}

function memoryGoals({ perSession, comesBack, churn }) {
  return [
    atMost(350, perSession.small, 'bytes a session in MemoryStore, at most 350'),
    atLeast(0.95, comesBack.share, 'share of memory back after expiry, 0.95'),
    atMost(1.1, churn.heap.at(-1) / churn.heap[0], 'heap after all sessions came and went, times that after a quarter'),
  ]
}

/** Ahead of every library in every scenario, and five times as fast as some where they do something. */
function libraryGoals(rows, pairs, where) {
  return Object.entries(pairs).flatMap(([own, libraries]) =>
    libraries.flatMap((id) =>
      rows.scenarios.map((scenario) => {
        const least = FIVE_TIMES.includes(id) && !scenario.startsWith('untouched') ? 5 : 1
        const text = `${where} ${scenario}: times as fast as ${contestant(id).name}, ${least}`
        return atLeast(least, rows.faster(scenario, where === 'HTTP' ? 32 : 1, own, id), text)
      }),
    ),
  )
}

function rowsOf(rows, clock) {
  const find = (scenario, level, id) =>
    rows.find((row) => row.scenario === scenario && row.inFlight === level && row.contestant === id)
  const turns = (...at) => find(...at)?.turns.map((turn) => turn[clock]) ?? []
  const medianRatio = (others, own) => {
    const ratios = own.map((time, round) => others[round] / time).filter(Number.isFinite)
    return ratios.length === 0 ? Number.NaN : quantile(ratios, 0.5)
  }
  return {
    scenarios: [...new Set(rows.map(({ scenario }) => scenario))],
    added: (...at) => find(...at)?.[clock].added.median ?? Number.NaN,
    /** How many times as fast as `other` in the same rounds. */
    faster: (scenario, level, id, other) => medianRatio(turns(scenario, level, other), turns(scenario, level, id)),
    fasterScenario: (level, id, scenario, other) => medianRatio(turns(other, level, id), turns(scenario, level, id)),
  }
}

function atMost(limit, value, text) {
  return { text, value, isMet: value <= limit }
}

function atLeast(limit, value, text) {
  return { text, value, isMet: value >= limit }
}
