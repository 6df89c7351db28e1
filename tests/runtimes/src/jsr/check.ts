/** `pnpm check:jsr`: whether JSR would take the packages, as far as Deno can tell without publishing. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binaryOf, type Runtime, runtimes } from '../runtimes.js'
import { JSR_PACKAGES, NPM_ONLY, stage } from './stage.js'

const deno = runtimes.find(({ id }) => id === 'deno') as Runtime
const folder: string = mkdtempSync(join(tmpdir(), 'fetch-sessions-jsr-'))
const cache: string = mkdtempSync(join(tmpdir(), 'fetch-sessions-deno-'))

try {
  await stage(folder)
  // It checks types, and that the public ones are written out: no "slow types".
  const { status, stderr, error } = spawnSync(binaryOf(deno), ['publish', '--dry-run', '--allow-dirty'], {
    cwd: folder,
    env: { ...process.env, DENO_DIR: cache, NO_COLOR: '1' },
    encoding: 'utf8',
  })
  const fine = error === undefined && status === 0 && !/slow type|\bwarning\b/i.test(withoutProgress(stderr))
  console.log(fine ? `JSR would take ${JSR_PACKAGES.join(', ')}.` : (error ?? stderr))
  for (const [name, reason] of Object.entries(NPM_ONLY)) console.log(`On npm alone: ${name}, for ${reason}.`)
  process.exitCode = fine ? 0 : 1
} finally {
  for (const path of [folder, cache]) rmSync(path, { recursive: true })
}

function withoutProgress(output: string): string {
  return output.replace('Checking for slow types in the public API...', '')
}
