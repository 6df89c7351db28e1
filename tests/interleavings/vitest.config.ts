import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const core = fileURLToPath(new URL('../../packages/core/src/', import.meta.url))

/** The planted faults by their shortest runs; the workspace's own list takes the first that it finds. */
const config: ViteUserConfig = defineConfig({
  resolve: {
    alias: { '@fetch-sessions/core/node': `${core}node.ts`, '@fetch-sessions/core': `${core}index.ts` },
  },
  test: {
    name: 'interleavings',
    include: ['src/**/*.test.ts'],
    env: { INTERLEAVINGS: 'all' },
    testTimeout: 600_000,
  },
})

export default config
