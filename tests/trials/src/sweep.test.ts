import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBetterSqlite3 } from '../../../packages/sql/test/better-sqlite3.js'
import { type Bundle, bundle } from '../../../packages/sql/test/bundle.js'

const run = promisify(execFile)

const ROWS = 300_000

/**
 * How much of the whole sweep may go by at most before others have a turn. A batch is a 300th of it, and a sweep that
 * freezes the server is all of it; a loaded machine and a slow disk take the rest.
 */
const LONGEST = 1 / 4

const runtimes = createRequire(new URL('../../runtimes/package.json', import.meta.url))
const binary = (name: string, ...path: string[]) => join(dirname(runtimes.resolve(`${name}/package.json`)), ...path)

/** Name, binary, its options, and the client that the program imports. */
const engines: [string, () => string, string[], string][] = [
  ['Node, node:sqlite', () => binary('node-24', 'bin', 'node'), [], 'node:sqlite'],
  ['Bun, bun:sqlite', () => binary('bun', 'bin', 'bun.exe'), [], 'bun:sqlite'],
  ['Deno, node:sqlite', () => binary('deno', 'deno'), ['run', '--allow-all'], 'node:sqlite'],
]
if (hasBetterSqlite3) engines.push(['Node, better-sqlite3', () => process.execPath, [], 'better-sqlite3'])

describe(`while ${ROWS} expired sessions are swept from a synchronous SQLite`, () => {
  let program: Bundle
  beforeAll(async () => {
    program = await bundle(new URL('../../../packages/sql/test/sweep-program.ts', import.meta.url))
  })
  afterAll(() => program?.remove())

  it.each(engines)(
    'others have a turn on %s',
    async (name, command, options, client) => {
      const { stdout } = await run(command(), [...options, program.file, String(ROWS), client])
      const { swept, took, longest } = JSON.parse(stdout) as { swept: number; took: number; longest: number }
      console.log(`${name}: ${ROWS} rows in ${took} ms, at most ${longest} ms without a turn`)
      expect(swept).toBe(ROWS)
      expect(longest / took).toBeLessThan(LONGEST)
    },
    300_000,
  )
})
