/** `pnpm test:jest`: an application's tests in Jest, with the packages as they would be published. */

import { execFile, execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require: NodeJS.Require = createRequire(import.meta.url)
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const APP = fileURLToPath(new URL('app', import.meta.url))
const JEST = join(dirname(require.resolve('jest/package.json')), 'bin/jest.js')

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** One way to run the tests of the application: what is said of its modules, and the command. */
interface Run {
  readonly name: string
  readonly files: Readonly<Record<string, unknown>>
  readonly command: readonly string[]
}

const runs: readonly Run[] = [
  {
    name: 'Jest, ES modules',
    files: { 'package.json': { type: 'module' }, 'jest.config.json': { transform: {} } },
    command: ['--experimental-vm-modules', '--no-warnings', JEST],
  },
  {
    name: 'Jest, CommonJS by Babel',
    files: {
      'package.json': {},
      'jest.config.json': {
        transformIgnorePatterns: [
          '/node_modules/(?!(\\.pnpm/)?(@fetch-sessions|@noble|iron-webcrypto|jose|uint8array-extras))',
        ],
      },
      'babel.config.json': { plugins: [require.resolve('@babel/plugin-transform-modules-commonjs')] },
    },
    command: [JEST],
  },
]

const workplace = mkdtempSync(join(tmpdir(), 'fetch-sessions-jest-'))
let failures = 0
try {
  const entries = install(join(workplace, 'node_modules'))
  const results = await Promise.all(runs.map((run, index) => outcome(run, join(workplace, `app-${index}`), entries)))
  for (const { name, seconds, problem } of results) {
    if (problem !== undefined) failures++
    console.log(`${name}: ${problem ?? 'passed'}, after ${seconds} s`)
  }
} finally {
  rmSync(workplace, { recursive: true, force: true })
}
process.exitCode = failures === 0 ? 0 : 1

/** Puts all packages there, from their tarballs, and what they need beside them. Returns what can be imported. */
function install(modules: string): string[] {
  const tarballs = join(workplace, 'tarballs')
  mkdirSync(join(modules, '@fetch-sessions'), { recursive: true })
  const pack = ['-y', 'pnpm@12', '-r', '--filter', './packages/*', 'pack', '--pack-destination', tarballs]
  execFileSync('npx', pack, { cwd: ROOT, stdio: 'pipe' })
  return readdirSync(tarballs).flatMap((tarball) => {
    const name = /^fetch-sessions-(.+)-\d+\.\d+\.\d+.*\.tgz$/.exec(tarball)?.[1]
    if (name === undefined) return []
    const folder = join(modules, '@fetch-sessions', name)
    mkdirSync(folder)
    execFileSync('tar', ['-xzf', join(tarballs, tarball), '-C', folder, '--strip-components=1'])
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
    for (const needed of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
      if (!needed.startsWith('@fetch-sessions/'))
        link(join(ROOT, 'packages', name, 'node_modules', needed), join(modules, needed))
    return (
      Object.keys(manifest.exports)
        // Of a Durable Object, only Workers have what it needs.
        .filter((path) => !['./package.json', './durable-object'].includes(path))
        .map((path) => join(manifest.name, path))
    )
  })
}

function link(from: string, to: string): void {
  if (existsSync(to) || !existsSync(from)) return
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to)
}

interface Outcome {
  readonly name: string
  readonly seconds: string
  readonly problem: string | undefined
}

async function outcome({ name, files, command }: Run, folder: string, entries: readonly string[]): Promise<Outcome> {
  cpSync(APP, folder, { recursive: true })
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), JSON.stringify(content))
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}'\n`).join('')
  const list = `export const entries = { ${entries.map((entry, index) => `'${entry}': entry${index}`).join(', ')} }\n`
  writeFileSync(join(folder, 'entries.js'), imports + list)
  const started = performance.now()
  const problem = await new Promise<string | undefined>((resolve) => {
    execFile(
      process.execPath,
      command,
      { cwd: folder, env: { ...process.env, CI: 'true', NO_COLOR: '1' } },
      (error, stdout, stderr) => resolve(error === null ? undefined : `failed\n${stdout}${stderr}`),
    )
  })
  return { name, seconds: ((performance.now() - started) / 1000).toFixed(1), problem }
}
