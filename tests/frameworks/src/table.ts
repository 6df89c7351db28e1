import { folderOf, versionOf } from './application.js'
import { checks } from './checks.js'
import { readDocument, writeDocument } from './document.js'
import type { Framework } from './frameworks.js'
import { checksOf, type Outcomes } from './run.js'
import { linesOf } from './sources.js'

const TABLE = /(?<=<!-- The table is made of what ran[^>]*-->\n\n)\|[\s\S]*?\|(?=\n\n)/

/** Out of what ran: each framework, its version, how many lines the sessions take, and the checks that it passed. */
export function table(outcomes: ReadonlyMap<Framework, Outcomes>): string {
  const rows = [...outcomes].map(([framework, outcome]) => {
    const wanted = checksOf(framework)
    const passed = wanted.filter((check) => outcome.has(check) && outcome.get(check) === undefined)
    const all = checks.length + wanted.filter((check) => !checks.includes(check)).length
    return [
      `[${framework.label}](#${anchorOf(framework)})`,
      framework.packages.map((name) => `${name} ${versionOf(framework, name)}`).join(', '),
      String(linesOf(folderOf(framework), framework.files)),
      [passed.length === all ? `all ${all}` : `${passed.length} of ${all}`, ...reasonsOf(framework)].join('; '),
    ]
  })
  return format([['Framework', 'Tested with', 'Lines', 'Checks'], ...rows])
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

function reasonsOf({ without = {} }: Framework): string[] {
  return Object.entries(without).map(([name, reason]) => `not “${name}”: ${reason}`)
}

/** Markdown with its columns lined up. */
function format(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}
