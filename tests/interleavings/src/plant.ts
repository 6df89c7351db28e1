import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { Core } from './core.js'

/** A fault in a copy of core: what is written in one of its files, and what is put in its place. */
export interface Fault {
  /** Beneath core's `src`. */
  readonly file: string
  readonly right: string
  readonly wrong: string
}

const SOURCE = fileURLToPath(new URL('../../../packages/core/src/', import.meta.url))

/** Core as it is, in a copy as well. */
export function today(): Promise<Core> {
  return bundled([])
}

/** Core with this fault. @throws Error if what is to be replaced is not there, once */
export function coreWith({ file, right, wrong }: Fault): Promise<Core> {
  return bundled([
    {
      name: 'fault',
      setup({ onLoad }) {
        onLoad({ filter: /\.ts$/ }, async ({ path }) => {
          if (path !== join(SOURCE, file)) return undefined
          const parts = (await readFile(path, 'utf8')).split(right)
          if (parts.length !== 2) {
            throw new Error(`${file} holds what the fault replaces ${parts.length - 1} times: plant it anew`)
          }
          return { contents: parts.join(wrong), loader: 'ts' }
        })
      },
    },
  ])
}

async function bundled(plugins: Plugin[]): Promise<Core> {
  const folder = await mkdtemp(join(tmpdir(), 'interleavings-'))
  try {
    const outfile = join(folder, 'core.mjs')
    await build({
      stdin: { contents: "export * from './index.js'\nexport * from './node.js'", resolveDir: SOURCE },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'error',
      plugins,
    })
    return (await import(pathToFileURL(outfile).href)) as Core
  } finally {
    await rm(folder, { recursive: true })
  }
}
