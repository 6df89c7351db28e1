// Takes one contestant's turns in workerd, timed from outside: making the requests, and one more over HTTP, is included.
// All contestants have that alike, so what they add to the bare framework is their own.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorker } from './bundle.js'

const BINARY = fileURLToPath(new URL('../node_modules/.bin/workerd', import.meta.url))
const WORKER = fileURLToPath(new URL('workerd-worker.js', import.meta.url))
const COMPATIBILITY_DATE = '2026-11-01'
const START_PATIENCE = 10_000

export function workerdRunner(preparation, { ms, warmUpMs }) {
  let child
  let folder
  let url
  /** How many requests fill a turn, by level. */
  const fitting = new Map()

  const call = async (command, options) => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ command, options }) })
    const { answer, error } = await response.json()
    if (error !== undefined) throw new Error(error)
    return answer
  }
  const microseconds = async (inFlight, count) => {
    const started = performance.now()
    await call('run', { inFlight, count })
    return (performance.now() - started) * 1000
  }
  return {
    async prepare() {
      folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-bench-'))
      const files = await bundleWorker(WORKER, 'workerd', folder)
      await writeFile(join(folder, 'config.capnp'), config(files))
      const args = ['serve', '--control-fd=1', join(folder, 'config.capnp')]
      child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      url = `http://127.0.0.1:${await portOf(child)}/`
      return call('prepare', preparation)
    },
    async warmUp(inFlight) {
      let count = 50
      while ((await microseconds(inFlight, count)) < warmUpMs * 1000) count *= 2
      fitting.set(inFlight, Math.max(10, Math.round((count * ms) / warmUpMs)))
    },
    async turn(inFlight) {
      const count = fitting.get(inFlight)
      const time = (await microseconds(inFlight, count)) / count
      return { wall: time, cpu: time }
    },
    stop() {
      child?.kill('SIGKILL')
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function config(files) {
  const modules = files.map((file) => `(name = "${file}", esModule = embed "${file}")`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${modules.join(', ')}],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  compatibilityFlags = ["nodejs_compat"],
);
`
}

/** As workerd tells it once it listens. */
function portOf(child) {
  return new Promise((resolve, reject) => {
    const fail = () => {
      clearTimeout(timer)
      reject(new Error('workerd did not start'))
    }
    const timer = setTimeout(fail, START_PATIENCE)
    child.once('error', fail).once('exit', fail)
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
      const port = said.match(/"port":(\d+)\D/)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(port)
    })
  })
}
