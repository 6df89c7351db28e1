import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { Core } from './core.js'

/** A fault in a copy of a package: what is written in one of its files, and what is put in its place. */
export interface Fault {
  /** Beneath the package's `src`. */
  readonly file: string
  readonly right: string
  readonly wrong: string
}

/** Core as it is, in a copy as well. */
export function today(): Promise<Core> {
  return copyOf<Core>('core', ['index', 'node'])
}

/** Core with this fault. @throws Error if what is to be replaced is not there, once */
export function coreWith(fault: Fault): Promise<Core> {
  return copyOf<Core>('core', ['index', 'node'], fault)
}

/** What these files of a package give, with a fault or as it is. @throws Error if what is to be replaced is not there, once */
export async function copyOf<Exports>(name: string, files: readonly string[], fault?: Fault): Promise<Exports> {
  const source = fileURLToPath(new URL(`../../../packages/${name}/src/`, import.meta.url))
  const folder = await mkdtemp(join(tmpdir(), 'interleavings-'))
  try {
    const outfile = join(folder, 'copy.mjs')
    await build({
      stdin: { contents: files.map((file) => `export * from './${file}.js'`).join('\n'), resolveDir: source },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'error',
      plugins: [workers, ...(fault === undefined ? [] : [planting(source, fault)])],
    })
    return (await import(pathToFileURL(outfile).href)) as Exports
  } finally {
    await rm(folder, { recursive: true })
  }
}

function planting(source: string, { file, right, wrong }: Fault): Plugin {
  return {
    name: 'fault',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path !== join(source, file)) return undefined
        const parts = (await readFile(path, 'utf8')).split(right)
        if (parts.length !== 2) {
          throw new Error(`${file} holds what the fault replaces ${parts.length - 1} times: plant it anew`)
        }
        return { contents: parts.join(wrong), loader: 'ts' }
      })
    },
  }
}

/** What the class of a Durable Object inherits: nothing but its two arguments. */
const workers: Plugin = {
  name: 'workers',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^cloudflare:workers$/ }, ({ path }) => ({ path, namespace: 'workers' }))
    onLoad({ filter: /.*/, namespace: 'workers' }, () => ({
      contents: 'export class DurableObject { constructor(ctx, env) { this.ctx = ctx; this.env = env } }',
    }))
  },
}
