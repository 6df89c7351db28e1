import { execFile } from 'node:child_process'
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

let folder: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'create-fetch-sessions-')))
})
afterEach(() => rm(folder, { recursive: true }))

describe('the command that it says comes next', () => {
  it.each(['my-app', 'my app', 'we$&ird', '-f', '~', "it's"])('leads a shell into the folder: %s', async (name) => {
    const args = ['--import', TSX, MAIN, '--template', 'hono', '--no-install', '--', name]
    const { stdout } = await run(process.execPath, args, { cwd: folder })
    const command = stdout.match(/cd .*/)?.[0] ?? 'false'
    const shell = await run('sh', ['-c', `${command} && pwd`], { cwd: folder })
    expect([shell.stdout, await readdir(folder)]).toEqual([`${join(folder, name)}\n`, [name]])
  })
})

describe('a -- that pnpm, Yarn or Bun has handed on', () => {
  it.each([
    ['behind the folder', ['app', '--', '--template', 'hono', '--no-install']],
    ['behind the folder, with the template in one word', ['app', '--', '--template=hono', '--no-install']],
    ['in front of all', ['--', '-t', 'hono', '--no-install', 'app']],
  ])('%s ends no options', async (_where, args) => {
    await run(process.execPath, ['--import', TSX, MAIN, ...args], { cwd: folder })
    expect(await readdir(folder)).toEqual(['app'])
  })
})
