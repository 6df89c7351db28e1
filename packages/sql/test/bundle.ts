import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { newTable } from './table.js'

const packages = new URL('../../', import.meta.url)
const source = (name: string): string => fileURLToPath(new URL(`${name}/src/index.ts`, packages))

/** A file that a Node of any version can run, and what removes it. */
export interface Bundle {
  readonly file: string
  remove(): Promise<void>
}

/** Makes one file of a test file and the sources, in a folder from which the clients can be imported. */
export async function bundle(entry: URL): Promise<Bundle> {
  const folder = new URL(`../node_modules/.bundle-${newTable()}/`, import.meta.url)
  const file = fileURLToPath(new URL('bundle.mjs', folder))
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [
      'node:*',
      'better-sqlite3',
      '@electric-sql/pglite',
      '@libsql/client',
      'mysql2',
      'pg',
      'postgres',
      'miniflare',
    ],
    alias: { '@fetch-sessions/core': source('core'), '@fetch-sessions/store-testing': source('store-testing') },
    logLevel: 'error',
  })
  return { file, remove: () => rm(folder, { recursive: true }) }
}
