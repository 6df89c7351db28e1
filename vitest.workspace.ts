import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** The packages, each a test project. */
const packages = [
  'cloudflare',
  'core',
  'create-fetch-sessions',
  'deno-kv',
  'fetch',
  'hono',
  'itty-router',
  'login',
  'redis',
  'sql',
  'store-testing',
  'unstorage',
]

/** Tests run against the sources, so that nothing has to be built before them. */
const alias = Object.fromEntries(
  // What is longer comes first: an alias holds for what is behind a slash as well.
  [...['login/hono', 'login/itty-router'].map((path) => path.split('/')), ...packages.map((name) => [name])].map(
    ([name, entry = 'index']) => [
      `@fetch-sessions/${name}${entry === 'index' ? '' : `/${entry}`}`,
      fileURLToPath(new URL(`packages/${name}/src/${entry}.ts`, import.meta.url)),
    ],
  ),
)

const config: ViteUserConfig = defineConfig({
  test: {
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
        // Enough for the property tests on a machine that is busy.
        testTimeout: 30_000,
        typecheck: { enabled: folder !== 'benchmarks', include: ['src/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
      },
    })),
  },
})

export default config
