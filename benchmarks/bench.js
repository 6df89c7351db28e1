// Measures everything and writes docs/performance.md: `pnpm bench`, or `pnpm bench --quick` to see that it runs.
//   --only in-process,http,sweeps,concurrency,memory,runtimes,size   measures these, and keeps the rest of the last run
//   --no-document                                               leaves docs/performance.md as it is
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureConcurrency } from './concurrency.js'
import { refuseFaults } from './contestants/index.js'
import { cleanUp } from './contestants/servers.js'
import { measureHttp } from './http/tables.js'
import { measureInProcess } from './in-process/tables.js'
import { measureMemory } from './memory.js'
import { writeDocument } from './report/document.js'
import { goalsOf } from './report/goals.js'
import { measureRuntimes } from './runtimes/tables.js'
import { settings } from './settings.js'
import { measureSize } from './size-parts.js'
import { measureSweeps } from './sweeps.js'

/** What was measured last, so that parts can be measured again. Not committed. */
const RESULTS = new URL('results.json', import.meta.url)

const parts = {
  'in-process': ['inProcess', measureInProcess],
  http: ['http', measureHttp],
  sweeps: ['sweeps', measureSweeps],
  concurrency: ['concurrency', (_settings, log) => measureConcurrency(log)],
  memory: ['memory', measureMemory],
  runtimes: ['runtimes', measureRuntimes],
  size: ['size', measureSize],
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'no-document': { type: 'boolean', default: false },
  },
})
const mode = values.quick ? 'quick' : 'full'
const chosen = values.only?.split(',') ?? Object.keys(parts)
for (const part of chosen) if (!(part in parts)) throw new Error(`--only: there is no part "${part}"`)

const started = performance.now()
const log = (text) => console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`)

const results = values.only !== undefined && existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {}
results.mode = mode
for (const part of chosen) {
  const [name, measure] = parts[part]
  results[name] = await measure(settings[mode], log)
  writeFileSync(RESULTS, JSON.stringify(results))
}
await cleanUp()
refuseFaults(chosen.flatMap((part) => results[parts[part][0]]).filter((row) => row?.contestant !== undefined))
for (const { text, limit, value, verdict } of goalsOf(results)) {
  console.log(`${verdict.toUpperCase().padEnd(6)} ${value.median.toFixed(2).padStart(8)}  ${text}, ${limit}`)
}
if (!values['no-document']) writeDocument(results)
log('done')
// Some contestants leave timers behind.
process.exit(0)
