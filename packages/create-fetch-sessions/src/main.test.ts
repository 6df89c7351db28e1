import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
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

describe('the README of the application', () => {
  /** With an npm in front of the real one, which ends with this status. */
  async function createWith(status: number, ...more: string[]): Promise<string> {
    const [bin, app] = [join(folder, 'bin'), `app-${more.length}-${status}`]
    await mkdir(bin, { recursive: true })
    await writeFile(join(bin, 'npm'), `#!/bin/sh\nexit ${status}\n`, { mode: 0o755 })
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` }
    const args = ['--import', TSX, MAIN, app, '--template', 'hono', ...more]
    await run(process.execPath, args, { cwd: folder, env })
    return readFile(join(folder, app, 'README.md'), 'utf8')
  }

  it('asks for all that is not installed, since nobody wanted it, or it failed', async () => {
    const command = '\nnpm install @fetch-sessions/hono hono '
    expect(await createWith(0, '--no-install')).toContain(command)
    expect(await createWith(1)).toContain(command)
  })

  it('asks for no more than the file of packages names, once they are installed', async () => {
    expect(await createWith(0)).toContain('\nnpm install\nnpm start\n')
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
