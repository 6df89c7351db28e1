/** `pnpm test:starts`: each start of the README as a new user takes it, or those whose names begin with one that is given. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { templateOf } from '../../../packages/create-fetch-sessions/src/templates.js'
import { PORT } from './clients.js'
import { environmentOf, type Start, starts } from './starts.js'

const PACKAGES = fileURLToPath(new URL('../../../packages/', import.meta.url))
const CREATE = `${PACKAGES}create-fetch-sessions/dist/main.js`
/** How long a server may take to come up, in milliseconds. */
const PATIENCE = 60_000

const wanted = process.argv.slice(2)
const chosen = starts.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))
if (chosen.length === 0) throw new Error(`There is no start "${wanted}": ${starts.map(({ name }) => name).join(', ')}`)

const workplace = mkdtempSync(join(tmpdir(), 'fetch-sessions-starts-'))
let failures = 0
try {
  const tarballs = new Map([...new Set(chosen.flatMap(({ own }) => own))].map((name) => [name, pack(name)]))
  for (const [index, start] of chosen.entries()) {
    const own = start.own.map((name) => tarballs.get(name) ?? '')
    const result = await follow(start, join(workplace, `app-${index}`), own).catch((error: Error) => error)
    if (result instanceof Error) {
      failures++
      console.log(`${start.name}: ${result.message}`)
    } else console.log(`${start.name}: ${result}`)
  }
} finally {
  rmSync(workplace, { recursive: true, force: true })
}
console.log(`${chosen.length - failures} passed, ${failures} failed`)
process.exitCode = failures === 0 ? 0 : 1

/** The tarball of a package, as it would be published. */
function pack(name: string): string {
  const file = join(workplace, `${name}.tgz`)
  execFileSync('npx', ['-y', 'pnpm@12', 'pack', '--out', file], { cwd: `${PACKAGES}${name}`, stdio: 'pipe' })
  return file
}

/** Goes from nothing to the second visit, and tells how long it took. Throws where something does not count. */
async function follow(start: Start, folder: string, tarballs: readonly string[]): Promise<string> {
  if (await answers()) throw new Error(`something answers on port ${PORT} already`)
  const env = environmentOf(start)
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { cwd: workplace, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const seconds = stopwatch()
  run('node', CREATE, folder, '--template', start.template, '--no-install')
  const [add = '', ...args] = start.add
  const others = [...templateOf(start.template).packages, ...templateOf(start.template).devPackages]
  const names = others.filter((name) => !name.includes('@fetch-sessions/'))
  execFileSync(add, [...args, ...tarballs, ...names], { cwd: folder, env, stdio: 'pipe' })
  const installed = seconds()
  const server = spawn(start.command[0] ?? '', start.command.slice(1), { cwd: folder, env, detached: true })
  try {
    await untilItAnswers(server)
    const count = start.client()
    const first = await count()
    const counted = seconds()
    const second = await count()
    if (first !== 'Visit 1' || second !== 'Visit 2') throw new Error(`it says "${first}", then "${second}"`)
    checkTypes(folder, env)
    return `installed after ${installed} s, counts after ${counted} s`
  } finally {
    await end(server)
  }
}

/** By the template's own script; Deno's has none. */
function checkTypes(folder: string, env: NodeJS.ProcessEnv): void {
  const { status, stdout } = spawnSync('npm', ['run', 'typecheck', '--if-present'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`it counts, but its types are wrong: ${stdout}`)
}

function stopwatch(): () => string {
  const started = performance.now()
  return () => ((performance.now() - started) / 1000).toFixed(1)
}

async function untilItAnswers(server: ChildProcess): Promise<void> {
  let said = ''
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (said += chunk))
  const deadline = Date.now() + PATIENCE
  while (!(await answers())) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}: ${said.slice(-500)}`)
    if (Date.now() > deadline) throw new Error(`no answer within ${PATIENCE / 1000} s: ${said.slice(-500)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Whether somebody listens: a request would already be a visit. */
async function answers(): Promise<boolean> {
  const socket = connect({ port: PORT, host: 'localhost', autoSelectFamily: true })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** With all that it has started. */
async function end(server: ChildProcess): Promise<void> {
  if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL')
  const deadline = Date.now() + 10_000
  while ((await answers()) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100))
}
