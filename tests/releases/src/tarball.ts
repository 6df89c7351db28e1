import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What `pnpm pack` makes of a package. */
export interface Tarball {
  readonly manifest: Manifest
  /** Paths from the root of the package. */
  readonly files: readonly string[]
  /** In bytes, packed. */
  readonly size: number
  /** What its declarations say, by their file. */
  readonly types: Readonly<Record<string, string>>
}

/** The part of a packed package.json that is looked at. */
export interface Manifest {
  readonly name: string
  readonly license?: string
  readonly description?: string
  readonly keywords?: readonly string[]
  readonly repository?: { readonly url?: string; readonly directory?: string }
  readonly publishConfig?: { readonly access?: string }
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** Packs the package in a folder, and reads what is in it. */
export function pack(folder: string): Tarball {
  const destination = mkdtempSync(join(tmpdir(), 'fetch-sessions-pack-'))
  try {
    const file = join(destination, 'package.tgz')
    execFileSync('npx', ['-y', 'pnpm@12', 'pack', '--out', file], { cwd: folder, stdio: 'pipe' })
    const tar = (...args: string[]): string => execFileSync('tar', [...args], { encoding: 'utf8' })
    const files = tar('-tzf', file)
      .split('\n')
      .filter((line) => line !== '' && !line.endsWith('/'))
      .map((line) => line.replace(/^package\//, ''))
    const manifest = JSON.parse(tar('-xzOf', file, 'package/package.json')) as Manifest
    const declarations = files.filter((path) => path.endsWith('.d.ts'))
    const types = Object.fromEntries(declarations.map((path) => [path, tar('-xzOf', file, `package/${path}`)]))
    return { manifest, files, size: readFileSync(file).length, types }
  } finally {
    rmSync(destination, { recursive: true })
  }
}
