import { folderOf, versionOf } from './application.js'
import { checks } from './checks.js'
import { readDocument, writeDocument } from './document.js'
import type { Framework } from './frameworks.js'
import { checksOf, type Outcomes } from './run.js'
import { linesOf } from './sources.js'

const TABLE = /(?<=<!-- The table is made of what ran[^>]*-->\n\n)\|[\s\S]*?\|(?=\n\n)/

/**
 * Out of what ran: each framework, its version, how many lines the sessions take, and the checks that it passed. Of a
 * framework that was skipped, the checks are those that the document tells of the last run.
 */
export function table(frameworks: readonly Framework[], outcomes: ReadonlyMap<Framework, Outcomes>): string {
  const rows = frameworks.map((framework) => {
    const outcome = outcomes.get(framework)
    return [
      nameOf(framework),
      framework.packages.map((name) => `${name} ${versionOf(framework, name)}`).join(', '),
      String(linesOf(folderOf(framework), framework.files)),
      outcome === undefined
        ? checksToldOf(framework)
        : [passedOf(framework, outcome), ...reasonsOf(framework)].join('; '),
    ]
  })
  return format([['Framework', 'Tested with', 'Lines', 'Checks'], ...rows])
}

function passedOf(framework: Framework, outcome: Outcomes): string {
  const wanted = checksOf(framework)
  const passed = wanted.filter((check) => outcome.has(check) && outcome.get(check) === undefined)
  const all = checks.length + wanted.filter((check) => !checks.includes(check)).length
  return passed.length === all ? `all ${all}` : `${passed.length} of ${all}`
}

function checksToldOf(framework: Framework): string {
  const row = readTable()
    ?.split('\n')
    .find((line) => line.startsWith(`| ${nameOf(framework)} `))
  return row?.split('|').at(-2)?.trim() ?? 'not run yet'
}

function nameOf(framework: Framework): string {
  return `[${framework.label}](#${anchorOf(framework)})`
}

/** The table that the documentation has. */
export function readTable(): string | undefined {
  return readDocument().match(TABLE)?.[0]
}

export function writeTable(made: string): void {
  writeDocument(readDocument().replace(TABLE, () => made))
}

/** Of its section, as GitHub makes it. */
function anchorOf({ label }: Framework): string {
  return label
    .replace(/,.*/, '')
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}

function reasonsOf({ without = {}, needs }: Framework): string[] {
  const left = Object.entries(without).map(([name, reason]) => `not “${name}”: ${reason}`)
  return needs === undefined ? left : [...left, `skipped where there is no ${needs.name}`]
}

/** Markdown with its columns lined up. */
function format(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}
