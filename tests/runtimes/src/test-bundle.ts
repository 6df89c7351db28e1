import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'
import { bundle } from './bundle.js'
import type { Runtime } from './runtimes.js'

const here: string = fileURLToPath(new URL('.', import.meta.url))
const packages: string = resolve(here, '../../../packages')

/** The packages whose tests run on every runtime. */
const TESTED = ['core', 'device-bound', 'fetch', 'hono', 'itty-router', 'login', 'node', 'opentelemetry']

/** What the fake timers and OpenTelemetry’s SDK ask Node for, and do without elsewhere. */
const NOT_NEEDED = ['util', 'timers', 'os', 'fs', 'process', 'child_process', 'crypto']

/** Marks what the plugin asks esbuild for, so that it does not ask itself. */
const FOUND = 'built package'

export interface TestBundle {
  /** One ES module. */
  readonly code: string
  /** The source files that tests reach for although their package does not export them. */
  readonly internals: readonly string[]
}

/**
 * All test files of the packages in one module that runs them and hands on what came of it. `vitest` is replaced by
 * [the parts of it](inside/vitest.ts) that run anywhere.
 *
 * @param main what the module does with `outcomes`, a function that runs the tests and resolves with their outcomes
 */
export async function bundleTests(
  runtime: Runtime,
  main: string,
  expectedToFail: readonly string[],
): Promise<TestBundle> {
  const internals = new Set<string>()
  const files = (process.env.ONLY ? [process.env.ONLY] : TESTED)
    .flatMap(testFiles)
    .filter((path) => !expectedToFail.some((left) => left === path || path.startsWith(`${left}/`)))
    .map((path) => `${JSON.stringify(path)}: () => import('../../packages/${path}')`)
  const contents = `
    import { runTests } from './src/inside/run-tests.ts'
    const outcomes = () => runTests({ ${files.join(',\n')} }, ${JSON.stringify(expectedToFail)})
    ${main}`
  const code = await bundle(runtime, {
    stdin: { contents, resolveDir: resolve(here, '..') },
    alias: { vitest: join(here, 'inside/vitest.ts') },
    plugins: [builtPackages(internals), absentPackages([...runtime.absent, ...NOT_NEEDED])],
  })
  return { code, internals: [...internals].sort() }
}

function testFiles(name: string): string[] {
  const source = join(packages, name, 'src')
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .sort()
    .map((file) => `${name}/src/${file}`)
}

/**
 * Leads to the built packages: whoever imports one by its name, and a test that imports a source file for what the
 * package exports of it. Who imports something private besides gets that from the source.
 */
function builtPackages(internals: Set<string>): Plugin {
  return {
    name: 'built-packages',
    setup({ onLoad, onResolve, resolve: find }) {
      // From here, since core's tests use store-testing, which core can not depend on: it depends on core.
      onResolve({ filter: /^@fetch-sessions\// }, ({ path, kind, pluginData }) =>
        pluginData === FOUND ? undefined : find(path, { resolveDir: here, kind, pluginData: FOUND }),
      )
      onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, importer, resolveDir, kind }) => {
        const [, name, file] = relative(packages, resolve(resolveDir, path)).match(/^([^/]+)\/src\/(.+)\.js$/) ?? []
        if (name === undefined || file === undefined || !TESTED.includes(name)) return
        const built = entryPoint(name, file)
        if (built !== undefined) return find(built, { resolveDir: here, kind, pluginData: FOUND })
        const [exported, imported] = [publicNames(name, file), namesFrom(importer, path)]
        if (imported.length > 0 && imported.every((wanted) => exported.includes(wanted))) {
          return find(`@fetch-sessions/${name}`, { resolveDir: here, kind, pluginData: FOUND })
        }
        internals.add(`${name}/src/${file}.ts`)
        return exported.length > 0 ? { path: `${name}/${file}`, namespace: 'public-and-private' } : undefined
      })
      onLoad({ filter: /./, namespace: 'public-and-private' }, ({ path }) => {
        const [, name = '', file = ''] = path.match(/^([^/]+)\/(.+)$/) ?? []
        // What is named wins over what comes with the star.
        const contents = `
          export * from ${JSON.stringify(join(packages, name, 'src', `${file}.ts`))}
          export { ${publicNames(name, file).join(', ')} } from '@fetch-sessions/${name}'`
        return { contents, resolveDir: here }
      })
    },
  }
}

/** By which name a user imports this source file, if it is an entry point of its package. */
function entryPoint(name: string, file: string): string | undefined {
  const { exports } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'))
  if (file === 'index') return `@fetch-sessions/${name}`
  return `./${file}` in exports ? `@fetch-sessions/${name}/${file}` : undefined
}

/** What the package exports of a source file. */
function publicNames(name: string, file: string): string[] {
  return namesFrom(join(packages, name, 'src/index.ts'), `./${file}.js`)
}

/** The names that a file imports or exports from another one, none for all. Types are left out: no bundle has them. */
function namesFrom(file: string, path: string): string[] {
  const statements = readFileSync(file, 'utf8').matchAll(/^(?:import|export) \{([^}]*)\} from '(.+)'/gm)
  return [...statements]
    .filter(([, , from]) => from === path)
    .flatMap(([, names = '']) => names.split(','))
    .map((name) => name.trim().replace(/ as .*$/, ''))
    .filter((name) => name !== '' && !name.startsWith('type '))
}

/** A test that needs such a package is one of the exceptions; the others in its file are not to suffer from that. */
function absentPackages(names: readonly string[]): Plugin {
  return {
    name: 'absent-packages',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^[^.]/ }, ({ path }) => (names.includes(path) ? { path, namespace: 'absent' } : undefined))
      onLoad({ filter: /./, namespace: 'absent' }, () => ({ contents: 'module.exports = {}' }))
    },
  }
}
