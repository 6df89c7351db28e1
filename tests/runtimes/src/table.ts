import { type Exception, exceptions, exceptionsOn } from './exceptions.js'
import { pinnedVersion, type Runtime, runtimes } from './runtimes.js'

/** The table of docs/runtimes.md that says what is tested where, out of the configuration. */
export function table(): string {
  const rows = runtimes.map((runtime) => [
    runtime.label,
    pinnedVersion(runtime),
    exceptionsOn(runtime).length === 0 ? 'all' : `all but ${exceptionsOn(runtime).map(noteOf).join(', ')}`,
    SERVERS[runtime.server],
  ])
  const notes = exceptions.map((exception, index) => `${index + 1}. ${sentence(exception)}`)
  return `${format([['Runtime', 'Version', 'Behaviour tests', 'Adapters over HTTP'], ...rows])}\n\n${notes.join('\n')}`
}

const SERVERS: Record<Runtime['server'], string> = {
  node: 'fetch, Hono, itty-router with `@hono/node-server`',
  bun: 'fetch, Hono, itty-router with `Bun.serve`',
  deno: 'fetch, Hono, itty-router with `Deno.serve`',
  workerd: 'fetch, Hono, itty-router with `workerd serve`',
}

function noteOf(exception: Exception): string {
  return `(${exceptions.indexOf(exception) + 1})`
}

function sentence({ test, because }: Exception): string {
  const [file, ...names] = test.split(' > ')
  const name = names.join(' ')
  return `${name === '' ? file : `“${name}”`}: ${because}.`
}

/** Markdown with its columns lined up. */
function format(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}
