import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** The packages, each a test project. */
const packages = [
  'cloudflare',
  'core',
  'create-fetch-sessions',
  'deno-kv',
  'device-bound',
  'fetch',
  'hono',
  'itty-router',
  'login',
  'migrate',
  'next',
  'node',
  'opentelemetry',
  'redis',
  'sql',
  'store-testing',
  'unstorage',
]

/** The files of these share a process and its modules, as they do in the one bundle that `tests/runtimes` makes of them. */
const sharing = ['core', 'device-bound', 'fetch', 'hono', 'itty-router', 'login', 'node', 'opentelemetry']

/** Tests run against the sources, so that nothing has to be built before them. */
const sourceOf = (file: string): string => fileURLToPath(new URL(`packages/${file}.ts`, import.meta.url))
const alias = {
  '@fetch-sessions/core/testing': sourceOf('core/src/test-kit'),
  '@fetch-sessions/login/hono': sourceOf('login/src/hono'),
  '@fetch-sessions/login/itty-router': sourceOf('login/src/itty-router'),
  ...Object.fromEntries(packages.map((name) => [`@fetch-sessions/${name}`, sourceOf(`${name}/src/index`)])),
}

const config: ViteUserConfig = defineConfig({
  test: {
    // Vitest would leave one core alone, and of two that is half. Many of these tests wait for a server.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      ...packages.map((name) => `packages/${name}`),
      'tests/examples',
      'tests/runtimes',
      'tests/interleavings',
      'tests/samples',
      'tests/releases',
      'benchmarks',
    ].map((folder) => ({
      resolve: { alias },
      test: {
        name: folder.replace(/^.*\//, ''),
        root: fileURLToPath(new URL(folder, import.meta.url)),
        include: folder === 'benchmarks' ? ['*.test.js'] : ['src/**/*.test.ts'],
        // Enough for the property tests, and for those of databases, on a machine that is busy.
        testTimeout: 120_000,
        hookTimeout: 60_000,
        isolate: !sharing.some((name) => folder === `packages/${name}`),
      },
    })),
  },
})

export default config
