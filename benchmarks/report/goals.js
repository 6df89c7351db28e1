// What we hold ourselves to. Reported after a run; a goal that is missed fails nothing, since machines differ.
import { contestant } from '../contestants/index.js'
import { CROWD, scenarios } from '../scenarios.js'
import { summary } from '../statistics.js'
import { chooseClock } from './clock.js'

const PAIRED = {
  'fetch-ours': ['iron-session', 'remix-memory', 'remix-cookie'],
  'hono-ours': ['hono-sessions', 'hono-official'],
}
/** Ours on a server, and who else keeps sessions there: the last does what ours does, by hand. */
const SERVERS = [
  ['hono-ours-redis', 'express-redis'],
  ['hono-ours-redis', 'hono-sessions-redis'],
  ['hono-ours-redis', 'hono-redis-guarded'],
  ['express-ours-redis', 'express-redis'],
  ['hono-ours-postgres', 'express-postgres'],
  ['hono-ours-postgres', 'hono-postgres-guarded'],
]
/** Within one framework that takes Node's request and response. */
const ON_NODE = { 'express-ours': ['express-session'], 'fastify-ours': ['fastify-session'] }
const FIVE_TIMES = ['hono-sessions']
/** By hand with what costs least, and with what we promise. */
const [CACHED, GUARDED] = ['hono-webcrypto-cached', 'hono-guarded']

/** What those who are ahead of us somewhere do not do. Where a route leaves the session alone, some are not called at all. */
const NOT_CALLED = ['iron-session', 'remix-memory', 'remix-cookie']
const LEFT_OUT = {
  'remix-memory': 'no Vary, no Cache-Control, no expiry in the store, the last writer wins',
  'remix-cookie': 'no Vary, no Cache-Control, no session can be ended',
  'iron-session': 'no Vary, no Cache-Control, no session can be ended',
  'express-session': 'no Vary, no Cache-Control, the last writer wins',
  'fastify-session': 'no Vary, no Cache-Control, the last writer wins',
  'express-redis': 'no Vary, no Cache-Control, the last writer wins',
  'express-postgres': 'no Vary, no Cache-Control, the last writer wins',
  'hono-redis-guarded': 'no owner index, no limit of time, no look at whose reply it is',
  'hono-postgres-guarded': 'no owner index, no look at whose answer it is',
  [CACHED]: 'no Vary, no Cache-Control, no expiry, the last writer wins, no limit on memory',
}

/**
 * Goals that were measured: `text`, `limit`, `value` with its quartiles, and the `verdict`. A comparison with somebody
 * else whose quartiles lie on both sides of 1 is "level", whatever its median says.
 */
export function goalsOf(results) {
  const { clock } = chooseClock(results)
  const goals = [
    ...(results.inProcess ? inProcessGoals(rowsOf(results.inProcess, clock)) : []),
    ...(results.http ? httpGoals(rowsOf(results.http, clock)) : []),
    ...(results.memory ? memoryGoals(results.memory) : []),
  ]
  return goals.filter(({ value }) => Number.isFinite(value?.median))
}

function inProcessGoals(rows) {
  const goals = []
  for (const [scenario, limit] of [
    ['read', 1.5],
    ['write', 5],
  ]) {
    const more = rows.more(scenario, 1, 'hono-ours', CACHED)
    goals.push(atMost(limit, more, `${titleOf(scenario)}: microseconds more than ${nameOf(CACHED)}`, CACHED))
  }
  for (const id of ['hono-ours', 'fetch-ours', 'itty-ours']) {
    goals.push(atMost(1, rows.added('malformed', 1, id), `malformed cookie, ${nameOf(id)}: microseconds added`))
  }
  for (const scenario of ['untouched', 'untouched-cookie']) {
    goals.push(
      atLeast(
        0.98,
        rows.faster(scenario, 1, 'hono-ours', 'hono-empty'),
        `${titleOf(scenario)}: times the speed of an empty middleware`,
      ),
    )
  }
  goals.push(
    atLeast(1, rows.faster('new', 1, 'hono-ours', 'hono-hmac'), 'new session: times the speed of one WebCrypto HMAC'),
    atLeast(
      0.9,
      rows.faster('unseen', 1, 'hono-ours', 'hono-webcrypto'),
      `${titleOf('unseen')}: times the speed of ${nameOf('hono-webcrypto')}`,
    ),
    ...withNodeSigner(rows, 1, 'in process'),
    atLeast(
      0.95,
      rows.fasterScenario(1, 'hono-ours', 'tampered', 'unseen'),
      'forged cookie: times the speed of one not seen before',
    ),
  )
  return [...goals, ...libraryGoals(rows, PAIRED, 'in process')]
}

function httpGoals(rows) {
  const shares = [
    ['untouched-cookie', 'hono-empty', 0.98],
    ['read', CACHED, 0.9],
    ['write', CACHED, 0.75],
    ...['read', 'write', 'new', 'crowd'].map((scenario) => [scenario, GUARDED, 1]),
    ['new', 'hono-hmac', 1],
    ['crowd', 'hono-webcrypto', 1],
    ...['read', 'write', 'new'].flatMap((scenario) => SERVERS.map(([own, other]) => [scenario, other, 1, own])),
  ].map(([scenario, other, least, own = 'hono-ours']) =>
    atLeast(
      least,
      rows.faster(scenario, 32, own, other),
      `HTTP, ${titleOf(scenario)}, ${nameOf(own)}: times the speed of ${nameOf(other)}`,
      other,
    ),
  )
  return [...shares, ...withNodeSigner(rows, 32, 'HTTP'), ...libraryGoals(rows, { ...PAIRED, ...ON_NODE }, 'HTTP')]
}

/** Bytes that a request may allocate beside its framework. */
const ALLOCATIONS = { read: 3600, write: 6600 }

function memoryGoals({ perSession, comesBack, churn, allocations = [] }) {
  return [
    ...Object.entries(ALLOCATIONS).flatMap(([id, limit]) => {
      const row = allocations.find(({ scenario }) => scenario === titleOf(id))
      if (row === undefined) return []
      const { name, base, own } = row
      return atMost(limit, once(own.median - base.median), `${titleOf(id)}, ${name}: bytes allocated`)
    }),
    atMost(350, once(perSession.small), 'bytes a session in MemoryStore'),
    atLeast(0.95, once(comesBack.share), 'share of memory back after expiry'),
    atMost(
      1.1,
      once(churn.heap.at(-1) / churn.heap[0]),
      'heap after all sessions came and went, times that after a quarter',
    ),
  ]
}

function withNodeSigner(rows, level, where) {
  return Object.entries({ new: 2.5, unseen: 2.3, tampered: 3 }).map(([scenario, least]) =>
    atLeast(
      least,
      rows.faster(scenario, level, 'hono-ours-node', 'remix-memory'),
      `${where}, ${titleOf(scenario)}, ${nameOf('hono-ours-node')}: times the speed of ${nameOf('remix-memory')}`,
      'remix-memory',
    ),
  )
}

/** What a new session is to be, times the speed of a library. */
const NEW_SESSION = { 'remix-memory': 1.2 }

/** Ahead of every library in every scenario, and five times as fast as one where it does something. */
function libraryGoals(rows, pairs, where) {
  return Object.entries(pairs).flatMap(([own, libraries]) =>
    libraries.flatMap((id) =>
      rows.scenarios.map((scenario) => {
        const isUntouched = scenario.startsWith('untouched')
        const ahead = (scenario === 'new' && NEW_SESSION[id]) || 1
        const least = FIVE_TIMES.includes(id) && !isUntouched ? 5 : ahead
        const who = own in ON_NODE ? `, ${nameOf(own)}` : ''
        const text = `${where}, ${titleOf(scenario)}${who}: times the speed of ${nameOf(id)}`
        const value = rows.faster(scenario, where === 'HTTP' ? 32 : 1, own, id)
        return atLeast(least, value, text, id, isUntouched && NOT_CALLED.includes(id))
      }),
    ),
  )
}

function rowsOf(rows, clock) {
  const find = (scenario, level, id) =>
    rows.find((row) => row.scenario === scenario && row.inFlight === level && row.contestant === id)
  const turns = (...at) => find(...at)?.turns.map((turn) => turn[clock]) ?? []
  const ratio = (others, own) => {
    const ratios = own.map((time, round) => others[round] / time).filter(Number.isFinite)
    return ratios.length === 0 ? undefined : summary(ratios)
  }
  return {
    scenarios: [...new Set(rows.map(({ scenario }) => scenario))],
    added: (...at) => find(...at)?.[clock]?.added,
    /** How many microseconds more than `other` in the same rounds. */
    more(scenario, level, id, other) {
      const others = turns(scenario, level, other)
      const more = turns(scenario, level, id).map((time, round) => time - others[round])
      return more.length === 0 ? undefined : summary(more)
    },
    /** How many times as fast as `other` in the same rounds. */
    faster: (scenario, level, id, other) => ratio(turns(scenario, level, other), turns(scenario, level, id)),
    fasterScenario: (level, id, scenario, other) => ratio(turns(other, level, id), turns(scenario, level, id)),
  }
}

function nameOf(id) {
  return contestant(id).name
}

function titleOf(id) {
  return [...scenarios, CROWD].find((one) => one.id === id).title
}

/** What was measured one time, without a spread. */
function once(value) {
  return { median: value, low: value, high: value }
}

function atMost(limit, value, text, other) {
  const verdict = value?.median <= limit ? 'met' : 'missed'
  return { text: told(text, verdict, other), limit: `at most ${limit}`, value, verdict }
}

function atLeast(limit, value, text, other, isNotCalled = false) {
  const isMet = value?.median >= limit ? 'met' : 'missed'
  const verdict = limit === 1 && isLevel(value) ? 'level' : isMet
  return { text: told(text, verdict, other, isNotCalled), limit: `at least ${limit}`, value, verdict }
}

/** Where somebody else is ahead, what they leave out. */
function told(text, verdict, other, isNotCalled = false) {
  const leftOut = isNotCalled ? 'which is not called there' : LEFT_OUT[other]
  return verdict === 'missed' && leftOut !== undefined ? `${text} (${leftOut})` : text
}

function isLevel(value) {
  return value?.low < 1 && value?.high > 1
}
