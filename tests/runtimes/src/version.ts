import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { binaryOf, pinnedVersion, type Runtime } from './runtimes.js'

const run = promisify(execFile)

/** The version that the binary itself tells. It throws unless that is the pinned one. */
export async function installedVersion(runtime: Runtime): Promise<string> {
  const { stdout } = await run(binaryOf(runtime), ['--version'])
  const told = stdout.match(/\d[\d.-]*/)?.[0] ?? ''
  const pinned = pinnedVersion(runtime)
  // workerd tells the day that its version has in it: 2026-11-17 for 1.20261117.1.
  if (told === '' || !pinned.includes(told.replaceAll('-', ''))) {
    throw new Error(`${runtime.package} is pinned to ${pinned}, but its binary says ${stdout.trim()}`)
  }
  return pinned
}
