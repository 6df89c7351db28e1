import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../../../packages/store-testing/test/free-port.js'
import { type StartedProcess, start } from '../../runtimes/src/started-process.js'
import type { Framework } from './frameworks.js'

const EXAMPLES: string = fileURLToPath(new URL('../../../examples/frameworks/', import.meta.url))

/** A copy lies inside, so that it finds the same packages. */
const COPY = '.copy'

/** How long a build may take on a machine that is busy, in milliseconds. */
const PATIENCE = 240_000

/** The folder of an application. */
export function folderOf({ folder }: Framework): string {
  return join(EXAMPLES, folder)
}

/** Where it runs. */
export function runningFolderOf(framework: Framework): string {
  return framework.isCopied ? join(folderOf(framework), COPY) : folderOf(framework)
}

/** The version of a package as it is installed for the application, or, of JSR, as the application asks for it. */
export function versionOf(framework: Framework, name: string): string {
  if (name.startsWith('jsr:')) return versionOnJsr(framework, name)
  const manifest = join(folderOf(framework), 'node_modules', name, 'package.json')
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

function versionOnJsr(framework: Framework, name: string): string {
  const { imports } = JSON.parse(readFileSync(join(folderOf(framework), 'deno.json'), 'utf8')) as {
    imports: Record<string, string>
  }
  const version = Object.values(imports)
    .find((specifier) => specifier.startsWith(`${name}@`))
    ?.slice(name.length + 1)
  if (version === undefined) throw new Error(`The deno.json of ${framework.label} does not import ${name}`)
  return version
}

export async function build(framework: Framework): Promise<void> {
  if (framework.isCopied) copy(framework)
  framework.prepare?.(runningFolderOf(framework))
  if (framework.build === undefined) return
  const [command, ...args] = framework.build
  try {
    await promisify(execFile)(programOf(framework, command), args, {
      cwd: runningFolderOf(framework),
      env: environment(framework),
      timeout: PATIENCE,
      maxBuffer: 1e8,
    })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${framework.label} was not built:\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** Starts the application's own server. It listens when this returns. */
export async function startServer(framework: Framework): Promise<StartedProcess> {
  // Not every framework can be asked for a port that is free.
  const port = await freePort()
  const [program = '', ...args] = framework.start.map((word) => word.replaceAll('PORT', String(port)))
  return start([programOf(framework, program), ...args], {
    cwd: runningFolderOf(framework),
    env: { ...environment(framework), PORT: String(port) },
    port,
  })
}

function copy(framework: Framework): void {
  const [source, target] = [folderOf(framework), runningFolderOf(framework)]
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  const names = readdirSync(source).filter((name) => !/^(node_modules|\..*)$/.test(name))
  for (const name of names) cpSync(join(source, name), join(target, name), { recursive: true })
  const config = join(target, 'tsconfig.json')
  if (!existsSync(config)) return
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll('"../', '"../../'))
}

/** The frameworks of today want a Node that is newer than the one that our packages can do with. */
function newerNode(): string {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  return join(dirname(createRequire(import.meta.url).resolve('node-24/package.json')), 'bin', 'node')
}

function programOf(framework: Framework, name: string): string {
  if (name === 'node') return newerNode()
  const program = join(folderOf(framework), 'node_modules', '.bin', name)
  if (!existsSync(program)) throw new Error(`${program} is not there: install, as in "npx -y pnpm@12 install"`)
  return program
}

function environment(framework: Framework): Record<string, string> {
  return {
    // Before the Node that runs the tests.
    PATH: [dirname(newerNode()), join(folderOf(framework), 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    SESSION_SECRET: 'tOQH1cm3MkwZV2Zn4Jz0pW0kYbWq8lqzrzPjc2mHnrE=',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    CI: 'true',
    // Nothing is told to anybody.
    DO_NOT_TRACK: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    ASTRO_TELEMETRY_DISABLED: '1',
    ...framework.env,
  }
}
