import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const WORKER = fileURLToPath(new URL('memory-worker.js', import.meta.url))

export function measureMemory({ memory }, log) {
  log(`memory of ${memory.live} sessions, and of ${memory.churn} that come and go`)
  return JSON.parse(execFileSync(process.execPath, ['--expose-gc', WORKER, JSON.stringify(memory)]))
}
