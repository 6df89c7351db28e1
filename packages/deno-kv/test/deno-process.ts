import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const run = promisify(execFile)
const deno = fileURLToPath(new URL('../node_modules/.bin/deno', import.meta.url))
const sources = fileURLToPath(new URL('../..', import.meta.url))

/** A folder for one test file, with its scripts in the one-file form that Deno runs as it is. */
export interface DenoWorkshop {
  readonly folder: string
  /** Runs a script of this folder in a Deno process of its own, and gives the lines of JSON that it wrote. */
  run<Line>(script: string, ...args: string[]): Promise<Line[]>
  close(): Promise<void>
}

export async function openWorkshop(...scripts: string[]): Promise<DenoWorkshop> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-deno-kv-'))
  await build({
    entryPoints: scripts.map((script) => fileURLToPath(new URL(`${script}.deno.ts`, import.meta.url))),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    alias: {
      '@fetch-sessions/core': join(sources, 'core/src/index.ts'),
      '@fetch-sessions/store-testing': join(sources, 'store-testing/src/index.ts'),
    },
  })
  return {
    folder,
    async run(script, ...args) {
      const flags = ['run', '--quiet', '--no-config', '--no-remote', '--unstable-kv', '--allow-read', '--allow-write']
      const file = join(folder, `${script}.deno.mjs`)
      // Deno must not look for a newer Deno, nor leave its cache behind.
      const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1', DENO_DIR: join(folder, 'cache') }
      const { stdout } = await run(deno, [...flags, file, ...args], { env, cwd: folder })
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
