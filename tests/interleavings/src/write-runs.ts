import { writeFile } from 'node:fs/promises'
import { storeNames } from './stores/stores.js'
import type { Done, Job } from './work.js'

/** RUNS.md: how many runs each scenario has. */
export async function writeRuns(
  done: readonly Done[],
  { limits, milliseconds }: Pick<Job, 'limits'> & { milliseconds: number },
): Promise<void> {
  const broken = done.filter((one) => one.broken !== undefined)
  const all = done.filter(({ isAll }) => isAll)
  const made = done.reduce((sum, one) => sum + one.made, 0)
  const lines = [
    '# Runs',
    '',
    'Written by [src/whole.ts](src/whole.ts), which is what `pnpm test:interleavings` does. A scenario ends after ' +
      `${limits.runs} runs or ${limits.seconds} seconds; "not all" says that there are more. This one made ${made} runs in ` +
      `${Math.round(milliseconds / 60_000)} minutes, on Node ${process.versions.node}. Of ${done.length} explorations, ` +
      `${all.length} came to their end. ${broken.length === 0 ? 'No run broke a promise.' : `${broken.length} broke a promise.`}`,
    '',
    'Of runs that come to the same, one is made and counted. There is no bound of pre-emptions.',
    '',
    '## Core',
    '',
    ...table(done.filter(({ store }) => store === undefined)),
  ]
  for (const name of storeNames) {
    const own = done.filter(({ store }) => store === name)
    if (own.length > 0) lines.push('', `## ${name}`, '', ...table(own))
  }
  await writeFile(new URL('../RUNS.md', import.meta.url), `${lines.join('\n')}\n`)
}

function table(done: readonly Done[]): string[] {
  const names = [...new Set(done.map(({ name }) => name))]
  const cells = names.map((name) => {
    const own = [0, 1].map((failures) => done.find((one) => one.name === name && one.failures === failures) as Done)
    return [name, ...own.flatMap(cellsOf)]
  })
  const sums = [0, 1].map((failures) => sumOf(done.filter((one) => one.failures === failures)))
  return [
    '| Scenario | Runs | Time | With one failure | Time |',
    '| --- | --- | --- | --- | --- |',
    ...cells.map((row) => `| ${row.join(' | ')} |`),
    `| **${names.length} scenarios** | ${sums.flat().join(' | ')} |`,
  ]
}

function cellsOf({ made, isAll, milliseconds }: Done): string[] {
  return [`${made}${isAll ? '' : ', not all'}`, secondsOf(milliseconds)]
}

function sumOf(done: readonly Done[]): string[] {
  const made = done.reduce((sum, one) => sum + one.made, 0)
  const all = done.filter(({ isAll }) => isAll).length
  return [
    `${made}; ${all} of ${done.length} to the end`,
    secondsOf(done.reduce((sum, one) => sum + one.milliseconds, 0)),
  ]
}

function secondsOf(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
