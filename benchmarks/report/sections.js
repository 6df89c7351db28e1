// One function for each part of the document: measured rows in, Markdown out.
import { contestant, contestants } from '../contestants/index.js'
import { CROWD, scenarios } from '../scenarios.js'
import { sweeps } from '../sweeps.js'
import { number, table, withSpread } from './markdown.js'

const percent = (share) => share.toFixed(2)

/** Contestants down, scenarios across. */
function matrix(rows, cell) {
  const columns = [...scenarios, CROWD].filter(({ id }) => rows.some((row) => row.scenario === id))
  const lines = contestants
    .filter(({ id }) => rows.some((row) => row.contestant === id))
    .map(({ id }) => [
      nameOf(id),
      ...columns.map((column) => {
        const row = rows.find((one) => one.contestant === id && one.scenario === column.id)
        return row === undefined ? '' : row.fault === undefined ? cell(row) : NO_ENTRY
      }),
    ])
  return [table(['', ...columns.map(({ title }) => title)], lines), faultNotes(rows)].filter(Boolean).join('\n\n')
}

const NO_ENTRY = "can't run this"

function faultNotes(rows) {
  const notes = rows
    .filter(({ fault }) => fault !== undefined)
    .map(({ contestant: id, fault }) => `${nameOf(id)} ${fault}.`)
  return notes.length === 0 ? '' : `${NO_ENTRY}: ${[...new Set(notes)].join(' ')}`
}

function nameOf(id) {
  const { name, kind } = contestant(id)
  return kind === 'ours' ? `**${name}**` : name
}

const atLevel = (rows, level) => rows.filter(({ inFlight, fault }) => fault !== undefined || inFlight === level)

export function inProcessSection(rows, clock) {
  const levels = [...new Set(rows.map(({ inFlight }) => inFlight).filter(Boolean))].sort((a, b) => a - b)
  return levels
    .map((level) => {
      const some = atLevel(rows, level).filter(({ scenario }) =>
        rows.some((row) => row.scenario === scenario && row.inFlight === level),
      )
      return `### ${level === 1 ? 'One request at a time' : `${level} requests in flight`}\n\n${matrix(some, (row) => addedCell(row, clock))}`
    })
    .join('\n\n')
}

/** The framework's own row shows its whole time. */
function addedCell(row, clock) {
  const isBase = contestant(row.contestant).base === row.contestant
  return isBase ? `[${number(row[clock].time.median)}]` : withSpread(row[clock].added)
}

export function httpSection(rows, clock) {
  const levels = [...new Set(rows.map(({ inFlight }) => inFlight).filter(Boolean))].sort((a, b) => a - b)
  return levels
    .map((level) => {
      const some = atLevel(rows, level).filter(({ scenario }) =>
        rows.some((row) => row.scenario === scenario && row.inFlight === level),
      )
      const title = level === 1 ? 'One connection' : `${level} connections`
      const shares = matrix(some, (row) => shareCell(row, clock))
      const speeds = matrix(some, (row) => number(1e6 / row.wall.time.median))
      return `### ${title}: share of the bare framework's speed\n\n${shares}\n\n### ${title}: requests a second\n\n${speeds}`
    })
    .join('\n\n')
}

function shareCell(row, clock) {
  const isBase = contestant(row.contestant).base === row.contestant
  return isBase ? '1' : withSpread(row[clock].share, percent)
}

/** `image` is the plot's path from the document. */
export function sweepSection(rows, clock, { id, title }, image) {
  const own = rows.filter(({ sweep }) => sweep === id)
  const xs = [...new Set(own.map(({ x }) => x))]
  const lines = [...new Set(own.map((row) => row.contestant))].map((one) => [
    nameOf(one),
    ...xs.map((x) => {
      const row = own.find((candidate) => candidate.contestant === one && candidate.x === x)
      return row?.[clock] === undefined ? '' : withSpread(row[clock].time)
    }),
  ])
  return `### ${title}\n\n![${title}](${image})\n\n${table(['microseconds', ...xs.map(number)], lines)}`
}

export function goalsSection(goals) {
  const lines = goals.map(({ text, limit, value, verdict }) => [
    text,
    limit,
    value.low === value.high ? number(value.median) : withSpread(value),
    verdict === 'missed' ? '**missed**' : verdict,
  ])
  return table(['', 'goal', 'measured', ''], lines)
}

/** What `plot` takes. */
export function sweepPlot(rows, clock, id) {
  const { title, axis, isLogarithmic, contestants: ids } = sweeps.find((sweep) => sweep.id === id)
  const series = ids.map((one) => {
    const { name, kind } = contestant(one)
    const points = rows
      .filter((row) => row.sweep === id && row.contestant === one && row.fault === undefined)
      .map((row) => [row.x, row[clock].time.median])
    return { name, isOurs: kind === 'ours', points }
  })
  return { title, axis, isLogarithmic, series }
}

export function concurrencySection(rows) {
  const lines = rows.map(({ contestant: id, kept, storeCalls, ms }) => [
    nameOf(id),
    String(kept),
    String(storeCalls),
    number(ms),
  ])
  return table(['', 'increments kept', 'store calls', 'milliseconds'], lines)
}

export function memorySection({ perSession, comesBack, churn, allocations = [] }) {
  const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
  return table(
    ['', 'measured'],
    [
      ['bytes a live session, data `{"count":1}`', number(perSession.small)],
      ['bytes a live session, 100 bytes of data', number(perSession.hundred)],
      [
        `memory back after ${number(comesBack.sessions)} sessions expired and ${number(comesBack.visitors)} visitors came`,
        `${(100 * comesBack.share).toFixed(1)} %`,
      ],
      [
        `heap after each quarter of ${number(churn.sessions)} sessions that came and went, ${number(churn.alive)} alive at a time`,
        churn.heap.map(megabytes).join(', '),
      ],
      ...allocations.map(({ name, scenario, base, own }) => [
        `bytes that a request allocates beside its framework: ${name}, ${scenario}`,
        number(own.median - base.median),
      ]),
    ],
  )
}

export function runtimesSection(rows, clock) {
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))]
  return runtimes
    .map((runtime) => {
      const own = rows.filter((row) => row.runtime === runtime)
      const cells = (row) => {
        const levels = own.filter((one) => one.scenario === row.scenario && one.contestant === row.contestant)
        const isBase = contestant(row.contestant).base === row.contestant
        const texts = levels.map((one) => number(isBase ? one[clock].time.median : one[clock].added.median))
        return isBase ? `[${texts.join(' / ')}]` : texts.join(' / ')
      }
      return `### ${runtime}\n\n${matrix(own, cells)}`
    })
    .join('\n\n')
}

export function sizeSection({ own, parts, others }) {
  const kilobytes = (bytes) => (bytes / 1000).toFixed(1)
  const row = (name, { minified, gzipped }) => [name, kilobytes(minified), kilobytes(gzipped)]
  return [
    table(
      ['', 'kB minified', 'kB gzipped'],
      [row('**fetch-sessions**', own), ...others.map((other) => row(other.name, other))],
    ),
    table(
      ['What they are for', 'kB minified'],
      parts.map(({ name, minified }) => [name, kilobytes(minified)]),
    ),
  ].join('\n\n')
}
