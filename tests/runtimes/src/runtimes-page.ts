import { readFileSync, writeFileSync } from 'node:fs'
import { table } from './table.js'

const PAGE: URL = new URL('../../../docs/runtimes.md', import.meta.url)
const BEGIN = '<!-- tested on: written by `pnpm test:runtimes --table` -->'
const END = '<!-- end of tested on -->'

/** docs/runtimes.md as it is, and as it is with the table that the configuration makes. */
export function runtimesPage(): { readonly current: string; readonly updated: string } {
  const current = readFileSync(PAGE, 'utf8')
  const [before, rest = ''] = current.split(BEGIN)
  const [, after] = rest.split(END)
  if (after === undefined) throw new Error(`docs/runtimes.md lacks the lines "${BEGIN}" and "${END}"`)
  return { current, updated: before + block() + after }
}

export function updateRuntimesPage(): void {
  writeFileSync(PAGE, runtimesPage().updated)
}

function block(): string {
  return `${BEGIN}\n\n${table()}\n\n${END}`
}
