import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { jsrSource, PLATFORM_TYPES } from './source.js'

const packages: string = fileURLToPath(new URL('../../../../packages', import.meta.url))

/** The packages that are not on JSR, and why. */
export const NPM_ONLY: Readonly<Record<string, string>> = {
  'create-fetch-sessions': '`npm create` looks on npm alone, and there is nothing in it to import',
}

/** All others: a new package is among them from the first. */
export const JSR_PACKAGES: readonly string[] = readdirSync(packages)
  .filter((name) => NPM_ONLY[name] === undefined && existsSync(join(packages, name, 'package.json')))
  .sort()

type Target = string | { readonly default: string }

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly exports: Record<string, Target>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

/**
 * Writes the sources as JSR wants them: each package with a deno.json made of its package.json, as members of one
 * workspace.
 */
export async function stage(folder: string): Promise<void> {
  for (const name of JSR_PACKAGES) await stagePackage(name, join(folder, name))
  const { compilerOptions } = JSON.parse(readFileSync(join(packages, '../tsconfig.base.json'), 'utf8'))
  const { strict, exactOptionalPropertyTypes, noUncheckedIndexedAccess, lib } = compilerOptions
  writeJson(join(folder, 'deno.json'), {
    workspace: JSR_PACKAGES.map((name) => `./${name}`),
    compilerOptions: { strict, exactOptionalPropertyTypes, noUncheckedIndexedAccess, lib },
  })
}

async function stagePackage(name: string, target: string): Promise<void> {
  const source = join(packages, name)
  for (const file of ['LICENSE', 'README.md']) cpSync(join(source, file), join(target, file))
  const imports = new Set<string>()
  for (const file of readdirSync(join(source, 'src'), { recursive: true, encoding: 'utf8' }).filter(isPublished)) {
    const { code, imports: ofFile } = jsrSource(readFileSync(join(source, 'src', file), 'utf8'))
    for (const specifier of ofFile) imports.add(specifier)
    mkdirSync(dirname(join(target, 'src', file)), { recursive: true })
    writeFileSync(join(target, 'src', file), code)
  }
  const manifest: Manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const files = await entriesOf(source)
  writeJson(join(target, 'deno.json'), {
    name: manifest.name,
    version: manifest.version,
    license: manifest.license,
    exports: Object.fromEntries(Object.entries(manifest.exports).flatMap(([name, to]) => entryPoint(name, to, files))),
    ...resolution([...imports], manifest),
  })
}

/** Of which file tsup makes each one in `dist`: `./dist/testing.js` of `./src/test-kit.ts`. */
async function entriesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const { default: config } = await import(pathToFileURL(join(folder, 'tsup.config.ts')).href)
  const entries = [config].flat().flatMap(({ entry }: { entry: string[] | Record<string, string> }) => {
    return Array.isArray(entry)
      ? entry.map((file): [string, string] => [basename(file, '.ts'), file])
      : Object.entries(entry)
  })
  return new Map(entries.map(([name, file]) => [`./dist/${name}.js`, `./${file}`]))
}

function entryPoint(name: string, target: Target, files: ReadonlyMap<string, string>): [string, string][] {
  if (typeof target === 'string') return []
  const file = files.get(target.default)
  if (file === undefined) throw new Error(`${name} is ${target.default}, which its tsup.config.ts does not make`)
  return [[name, file]]
}

/** The part of a deno.json that says where imports are found: packages in `imports`, those of a platform by their types. */
function resolution(specifiers: readonly string[], manifest: Manifest): object {
  const types = specifiers.flatMap((specifier) => PLATFORM_TYPES[specifier] ?? [])
  const names = specifiers.filter((specifier) => PLATFORM_TYPES[specifier] === undefined).map(packageOf)
  const imports = Object.fromEntries(names.map((name) => [name, locate(name, manifest)]))
  if (types.length === 0) return { imports }
  const located = types.map((name) => locate(name, manifest))
  return { imports, compilerOptions: { types: located, noImplicitOverride: false } }
}

function isPublished(file: string): boolean {
  return file.endsWith('.ts') && !/\.test(-d)?\.ts$|(^|\/)testing\//.test(file)
}

/** The package of `next/headers.js`, or of `@noble/ciphers/salsa.js`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Where JSR finds what npm finds in `node_modules`. All packages here have the same version. */
function locate(specifier: string, { name, version, ...manifest }: Manifest): string {
  const range = { ...manifest.devDependencies, ...manifest.peerDependencies, ...manifest.dependencies }[specifier]
  if (range === undefined) throw new Error(`${name} imports ${specifier}, but its package.json does not name it`)
  return range.startsWith('workspace:') ? `jsr:${specifier}@^${version}` : `npm:${specifier}@${newest(range)}`
}

/** Of `^5.0.0 || ^6.0.0`, which Deno does not understand, the last. */
function newest(range: string): string {
  return range.slice(range.lastIndexOf('|') + 1).trim()
}

function writeJson(file: string, content: object): void {
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
}
