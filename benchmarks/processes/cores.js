// One core for a server and its clients, where the system can. With one each, a server that is faster than its clients
// waits for them, and what it takes to send an answer depends on who waits for whom.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** The command that starts Node there. */
export const nodeOnOneCore = canPin ? ['taskset', '-c', '0', process.execPath] : [process.execPath]

export const isPinned = canPin
