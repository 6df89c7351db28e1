// One core for a server and its clients, where the system can. With one each, the faster of the two waits for
// the other, and then each answer has to wake somebody: that takes as long as some of the sessions.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** The command that starts Node there. */
export const nodeOnOneCore = canPin ? ['taskset', '-c', '0', process.execPath] : [process.execPath]

export const isPinned = canPin
