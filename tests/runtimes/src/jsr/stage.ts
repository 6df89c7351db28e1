import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages: string = fileURLToPath(new URL('../../../../packages', import.meta.url))

/** The packages that can be on JSR. */
export const JSR_PACKAGES: readonly string[] = [
  'core',
  'device-bound',
  'fetch',
  'hono',
  'itty-router',
  'login',
  'opentelemetry',
]

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly exports: Record<string, string | { readonly default: string }>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

/**
 * Writes the sources as JSR wants them: each package with a deno.json made of its package.json, as members of one
 * workspace, and with `.ts` in imports where ours say `.js`, as TypeScript and npm want it.
 */
export function stage(folder: string): void {
  for (const name of JSR_PACKAGES) stagePackage(name, join(folder, name))
  const { compilerOptions } = JSON.parse(readFileSync(join(packages, '../tsconfig.base.json'), 'utf8'))
  const { strict, exactOptionalPropertyTypes, noUncheckedIndexedAccess } = compilerOptions
  const lib = ['ES2022', 'DOM', 'DOM.Iterable']
  writeJson(join(folder, 'deno.json'), {
    workspace: JSR_PACKAGES.map((name) => `./${name}`),
    compilerOptions: { strict, exactOptionalPropertyTypes, noUncheckedIndexedAccess, lib },
  })
}

function stagePackage(name: string, target: string): void {
  const source = join(packages, name)
  for (const file of ['LICENSE', 'README.md']) cpSync(join(source, file), join(target, file))
  const manifest: Manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const imports = new Set<string>()
  for (const file of readdirSync(join(source, 'src'), { recursive: true, encoding: 'utf8' }).filter(isPublished)) {
    const code = readFileSync(join(source, 'src', file), 'utf8').replaceAll(
      /^((?:import|export|\}) .*from ')([^']+)'/gm,
      (_, from: string, specifier: string) => {
        if (!/^(\.|node:)/.test(specifier)) imports.add(specifier)
        return `${from}${specifier.replace(/^(\..*)\.js$/, '$1.ts')}'`
      },
    )
    mkdirSync(dirname(join(target, 'src', file)), { recursive: true })
    writeFileSync(join(target, 'src', file), code)
  }
  writeJson(join(target, 'deno.json'), {
    name: manifest.name,
    version: manifest.version,
    license: manifest.license,
    exports: Object.fromEntries(Object.entries(manifest.exports).flatMap(entryPoint)),
    imports: Object.fromEntries([...imports].map((specifier) => [specifier, locate(specifier, manifest)])),
  })
}

/** `./dist/node.js` is made of `./src/node.ts`. */
function entryPoint([name, target]: [string, string | { readonly default: string }]): [string, string][] {
  if (typeof target === 'string') return []
  return [[name, target.default.replace(/^\.\/dist\/(.*)\.js$/, './src/$1.ts')]]
}

function isPublished(file: string): boolean {
  return file.endsWith('.ts') && !/\.test(-d)?\.ts$|(^|\/)testing\//.test(file)
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
