import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require: NodeJS.Require = createRequire(import.meta.url)

export interface Runtime {
  /** What one types: `pnpm test:runtimes bun`. */
  readonly id: string
  readonly label: string
  /** The package that ships the binary, pinned in package.json, and where in that package it is. */
  readonly package: string
  readonly binary: string
  /** What stands before the file that it is to run. */
  readonly args: readonly string[]
  /** What it looks for in the `exports` of packages, besides `import`. */
  readonly conditions: readonly string[]
  /** Packages that it can not load. */
  readonly absent: readonly string[]
  /** What serves HTTP there; its app is the file of the runtime's kind in `src/servers`. */
  readonly server: 'node' | 'bun' | 'deno' | 'workerd'
  /** For workerd. */
  readonly compatibilityFlags?: readonly string[]
}

function node(line: number): Runtime {
  return {
    id: `node-${line}`,
    label: `Node ${line}`,
    package: `node-${line}`,
    binary: 'bin/node',
    args: [],
    conditions: ['node'],
    absent: [],
    server: 'node',
  }
}

function workerd(id: string, label: string, compatibilityFlags: readonly string[]): Runtime {
  return {
    id,
    label,
    package: 'workerd',
    binary: 'bin/workerd',
    args: ['serve', '--control-fd=1'],
    conditions: ['workerd', 'worker'],
    absent: ['@hono/node-server'],
    server: 'workerd',
    compatibilityFlags,
  }
}

/** All of them, the one that the others are compared with first. */
export const runtimes: readonly [Runtime, ...Runtime[]] = [
  node(20),
  node(22),
  node(24),
  node(26),
  {
    id: 'bun',
    label: 'Bun',
    package: 'bun',
    binary: 'bin/bun.exe', // Called so on every system.
    args: [],
    conditions: ['bun'],
    absent: [],
    server: 'bun',
  },
  {
    id: 'deno',
    label: 'Deno',
    package: 'deno',
    binary: 'deno',
    // The environment is for what colours the differences in failed assertions, the net for servers on loopback, the rest
    // for the frameworks of Node, which are not bundled.
    args: [
      'run',
      '--no-prompt',
      '--allow-env',
      '--allow-net=127.0.0.1',
      '--allow-read',
      '--allow-sys',
      '--unstable-detect-cjs',
    ],
    conditions: ['deno'],
    absent: [],
    server: 'deno',
  },
  workerd('workerd', 'workerd', []),
  workerd('workerd-nodejs', 'workerd with `nodejs_compat`', ['nodejs_compat']),
]

/** The binary's path. It throws if the package is not installed, as those of Node for another system are not. */
export function binaryOf(runtime: Runtime): string {
  return join(dirname(require.resolve(`${runtime.package}/package.json`)), runtime.binary)
}

/** The version that package.json pins, such as `20.20.2`. */
export function pinnedVersion(runtime: Runtime): string {
  const { devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as Record<string, Record<string, string>>
  const version = { ...devDependencies, ...optionalDependencies }[runtime.package]
  if (version === undefined) throw new Error(`package.json does not pin ${runtime.package}`)
  return version.slice(version.lastIndexOf('@') + 1)
}
