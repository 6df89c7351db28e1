import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../packages/store-testing/test/free-port.js'
import { bundle } from '../src/bundle.js'
import { write } from '../src/program.js'
import { binaryOf } from '../src/runtimes.js'
import { type StartedProcess, start } from '../src/started-process.js'
import { runtime } from './runtime.js'

const examples: string = fileURLToPath(new URL('../../../examples', import.meta.url))
const ownBinaries: string = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))

/** Starts an example on the runtime by the command in its package.json, without the build before it. */
export async function startExample(name: string, settings: Record<string, string> = {}): Promise<StartedProcess> {
  const cwd = join(examples, name)
  if (runtime.server === 'workerd') return startWorker(join(cwd, 'src/worker.ts'))
  // As pnpm does; the runtime's own folder comes first, since `.bin` has one Node of several.
  const path = [dirname(binaryOf(runtime)), join(cwd, 'node_modules/.bin'), ownBinaries, process.env.PATH]
  const env = { PATH: path.join(delimiter), PORT: String(await freePort()), ...settings }
  return start(['sh', '-c', startCommand(cwd)], { cwd, env })
}

/** The port is the test's to choose: those that take it from PORT have it there. */
function startCommand(folder: string): string {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return scripts.start.replace('--port 8000', '--port 0')
}

/** Wrangler, which starts this example, is workerd with much around it. */
async function startWorker(entry: string): Promise<StartedProcess> {
  const code = await bundle(runtime, { entryPoints: [entry] })
  const program = write(runtime, code, { SESSION_SECRET: 'thirty-two bytes of secret, at least' })
  const started = await start(program.command).finally(program.remove)
  return started
}
