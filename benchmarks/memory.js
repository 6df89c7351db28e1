import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { contestant } from './contestants/index.js'
import { scenario } from './scenarios.js'

/** So that nothing is collected while it is counted. */
const ROOMY = ['--min-semi-space-size=256', '--max-semi-space-size=512']

export function measureMemory({ memory }, log) {
  log(`memory of ${memory.live} sessions, and of ${memory.churn} that come and go`)
  return { ...run('memory-worker.js', [JSON.stringify(memory)]), allocations: measureAllocations(log) }
}

/** Bytes a request, of the framework alone and with us. */
function measureAllocations(log) {
  log('what a request allocates')
  const ids = ['fetch-ours', 'hono-ours']
  return ids.flatMap((id) =>
    ['untouched-cookie', 'read', 'write'].map((scenarioId) => ({
      name: contestant(id).name,
      scenario: scenario(scenarioId).title,
      base: run('allocations-worker.js', [contestant(id).base, scenarioId], ROOMY),
      own: run('allocations-worker.js', [id, scenarioId], ROOMY),
    })),
  )
}

function run(file, args, options = []) {
  const path = fileURLToPath(new URL(file, import.meta.url))
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', ...options, path, ...args]))
}
