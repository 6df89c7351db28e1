import { readFileSync, writeFileSync } from 'node:fs'
import { table } from './table.js'

const README: URL = new URL('../../../README.md', import.meta.url)
const BEGIN = '<!-- tested on: written by `pnpm test:runtimes --table` -->'
const END = '<!-- end of tested on -->'

/** Whether the table in README.md is what the configuration says. */
export function isReadmeUpToDate(): boolean {
  return readFileSync(README, 'utf8').includes(block())
}

export function updateReadme(): void {
  const [before, rest = ''] = readFileSync(README, 'utf8').split(BEGIN)
  const [, after] = rest.split(END)
  if (after === undefined) throw new Error(`README.md lacks the lines "${BEGIN}" and "${END}"`)
  writeFileSync(README, before + block() + after)
}

function block(): string {
  return `${BEGIN}\n\n${table()}\n\n${END}`
}
