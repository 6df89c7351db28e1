// The in-process part on other runtimes, with a few contestants.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compareAll } from '../compare-all.js'
import { inProcessRunner } from '../in-process/runner.js'
import { takeTurns } from '../rounds.js'
import { bundleWorker } from './bundle.js'
import { workerdRunner } from './workerd.js'

const CONTESTANTS = ['hono', 'hono-empty', 'hono-ours', 'hono-webcrypto', 'hono-sessions', 'hono-official']
const SCENARIOS = ['untouched-cookie', 'read', 'write', 'new', 'tampered', 'malformed']

const WORKER = fileURLToPath(new URL('../in-process/worker.js', import.meta.url))

const binary = (name) => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))

const runtimes = [
  { name: 'Bun', condition: 'bun', command: [binary('bun')] },
  { name: 'Deno', condition: 'deno', command: [binary('deno'), 'run', '--quiet', '--allow-all'] },
  { name: 'workerd' },
]

/** Rows of `{ runtime, scenario, contestant, … }`. */
export async function measureRuntimes({ inProcess, ...choice }, log) {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-bench-'))
  const rows = []
  try {
    for (const runtime of runtimes) {
      const makeRunner = await runnersOf(runtime, folder)
      for (const scenarioId of SCENARIOS.filter((id) => choice.scenarios({ id }))) {
        log(`${runtime.name}: ${scenarioId}`)
        const entries = CONTESTANTS.map((id) => ({
          key: id,
          levels: inProcess.inFlight,
          start: () => makeRunner({ id, scenarioId }, inProcess),
        }))
        const results = await takeTurns(entries, inProcess.runtimeRounds)
        rows.push(...compareAll(results, { runtime: runtime.name, scenario: scenarioId }))
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return rows
}

async function runnersOf({ name, condition, command }, folder) {
  if (command === undefined) return workerdRunner
  const [main] = await bundleWorker(WORKER, condition, join(folder, name))
  const file = join(folder, name, main)
  return (preparation, settings) => inProcessRunner(preparation, { ...settings, command, file: pathToFileURL(file) })
}
