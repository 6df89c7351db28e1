// Keeps the server and its clients out of each other's way, where the system can.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** The command that starts Node on one core: `server` and `clients` each have their own. */
export const nodeOn = {
  server: canPin ? ['taskset', '-c', '0', process.execPath] : [process.execPath],
  clients: canPin ? ['taskset', '-c', '1', process.execPath] : [process.execPath],
}

export const isPinned = canPin
