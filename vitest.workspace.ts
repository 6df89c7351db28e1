import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** The packages, each a test project. */
const packages = [
  'cloudflare',
  'core',
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

const sources: string = fileURLToPath(new URL('packages', import.meta.url))

/** Tests run against the sources, so that nothing has to be built before them. */
const alias = [
  { find: new RegExp(`^@fetch-sessions/(${packages.join('|')})$`), replacement: `${sources}/$1/src/index.ts` },
  { find: new RegExp(`^@fetch-sessions/(${packages.join('|')})/([\\w-]+)$`), replacement: `${sources}/$1/src/$2.ts` },
]

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      ...packages.map((name) => `packages/${name}`),
      'tests/examples',
      'tests/runtimes',
      'tests/interleavings',
      'tests/samples',
    ].map((folder) => ({
      resolve: { alias },
      test: {
        name: folder.replace(/^.*\//, ''),
        root: fileURLToPath(new URL(folder, import.meta.url)),
        include: ['src/**/*.test.ts'],
        // Enough for the property tests on a machine that is busy.
        testTimeout: 30_000,
        typecheck: { enabled: true, include: ['src/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
      },
    })),
  },
})

export default config
