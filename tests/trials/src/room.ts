import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Who is in a room, and since when: milliseconds since the epoch. */
interface Guest {
  pid: number
  since: number
}

/** Where the rooms of one trial are. */
export function roomsOf(name: string): string {
  return join(tmpdir(), `fetch-sessions-rooms-${name}`)
}

/**
 * A room for one, in all processes of this machine: what watches `exclusive`, and has nothing to do with any store. The
 * file system lets one of them make the file.
 *
 * @throws Error if somebody is in there who lives, and whose time (`hold`, in seconds) is not over
 */
export function enterRoom(folder: string, name: string, hold: number): { died: number | undefined; leave(): void } {
  const path = join(folder, name)
  const guest: Guest = { pid: process.pid, since: Date.now() }
  const enter = () => {
    // Whole from the first moment: whoever dies in the middle of writing would leave an empty file behind.
    const own = `${path}.${process.pid}`
    writeFileSync(own, JSON.stringify(guest))
    try {
      linkSync(own, path)
    } finally {
      rmSync(own)
    }
  }
  const leave = () => rmSync(path, { force: true })
  try {
    enter()
    return { died: undefined, leave }
  } catch {
    const other = JSON.parse(readFileSync(path, 'utf8')) as Guest
    // It took the lock some time before it came in.
    const isOver = guest.since - other.since > (hold - 0.5) * 1000
    if (lives(other.pid) && !isOver) throw new Error(`Two at once: ${other.pid} and ${guest.pid}`)
    leave()
    enter()
    return { died: other.pid, leave }
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
