import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binaryOf, type Runtime } from './runtimes.js'

/** The day whose behaviour workerd is asked for: that of the Workers example. */
const COMPATIBILITY_DATE = '2026-04-01'

/** An ES module in a folder of its own, and the command by which a runtime runs it. */
export interface Program {
  readonly command: readonly string[]
  /** Removes the folder. */
  remove(): void
}

/** @param variables what a Worker finds in its `env`; other programs have the environment's */
export function write(runtime: Runtime, code: string, variables: Record<string, string> = {}): Program {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-'))
  const module = join(folder, 'main.mjs')
  const config = join(folder, 'config.capnp')
  writeFileSync(module, code)
  if (runtime.server === 'workerd') writeFileSync(config, workerdConfig(runtime, variables))
  const file = runtime.server === 'workerd' ? config : module
  return {
    command: [binaryOf(runtime), ...runtime.args, file],
    remove: () => rmSync(folder, { recursive: true }),
  }
}

function workerdConfig({ compatibilityFlags = [] }: Runtime, variables: Record<string, string>): string {
  const bindings = Object.entries(variables).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [(name = "main", esModule = embed "main.mjs")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  compatibilityFlags = ${JSON.stringify(compatibilityFlags)},
  bindings = [${bindings.join(', ')}],
);
`
}
