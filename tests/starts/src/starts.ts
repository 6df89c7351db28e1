import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, presses, visits } from './clients.js'

const require: NodeJS.Require = createRequire(import.meta.url)

/** One way to begin: a template, and the runtime that a user would have. */
export interface Start {
  readonly name: string
  readonly template: string
  /** The packages of this repository that it installs, with what they need of it. */
  readonly own: readonly string[]
  /** How packages are added, before their names or files. */
  readonly add: readonly string[]
  readonly command: readonly string[]
  readonly client: () => Client
  /** The folder whose programs come before those of the machine. */
  readonly path: string
}

/** The folder of the program that a package of the registry brings. */
function folderOf(name: string, binary: string): string {
  return dirname(join(dirname(require.resolve(`${name}/package.json`)), binary))
}

/** The package of this repository that a template takes, where it is not called like it. */
const OWN: Readonly<Record<string, string>> = { express: 'node', workers: 'fetch' }

function onNode(version: number, template: string, others: Partial<Start> = {}): Start {
  return {
    name: `${template} on Node ${version}`,
    template,
    own: ['core', OWN[template] ?? template],
    add: ['npm', 'install', '--no-audit', '--no-fund'],
    command: ['npm', 'start'],
    client: visits,
    path: folderOf(`node-${version}`, 'bin/node'),
    ...others,
  }
}

/** Next sets no cookie while it shows a page: a button counts. */
const NEXT: Partial<Start> = { command: ['npm', 'run', 'dev'], client: presses }

export const starts: readonly Start[] = [
  onNode(20, 'hono'),
  onNode(24, 'hono'),
  onNode(20, 'itty-router'),
  onNode(24, 'itty-router'),
  onNode(20, 'express'),
  onNode(24, 'express'),
  onNode(20, 'next', NEXT),
  onNode(24, 'next', NEXT),
  // Wrangler wants Node 22 or newer.
  onNode(24, 'workers'),
  {
    name: 'bun',
    template: 'bun',
    own: ['core', 'fetch'],
    // Bun looks in the registry for what a tarball needs: npm puts the packages where Bun finds them.
    add: ['npm', 'install', '--no-audit', '--no-fund'],
    command: ['bun', 'run', 'start'],
    client: visits,
    path: fileURLToPath(new URL('../node_modules/.bin/', import.meta.url)),
  },
  {
    name: 'deno',
    template: 'deno',
    own: ['core', 'fetch'],
    // Deno adds no tarballs: npm puts them where Deno looks for packages.
    add: ['npm', 'install', '--no-audit', '--no-fund'],
    command: ['deno', 'task', 'start'],
    client: visits,
    path: folderOf('deno', 'deno'),
  },
]

/** The environment of a start: as of a machine where only its runtime is installed. */
export function environmentOf({ path }: Start): NodeJS.ProcessEnv {
  const { npm_config_user_agent: _, ...rest } = process.env
  return {
    ...rest,
    PATH: `${path}${delimiter}${process.env.PATH}`,
    CI: 'true',
    NO_COLOR: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    WRANGLER_SEND_METRICS: 'false',
  }
}
