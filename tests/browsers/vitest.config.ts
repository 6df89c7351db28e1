import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Not in vitest.workspace.ts: these tests need a browser, and the packages built. */
const config: ViteUserConfig = defineConfig({
  test: {
    name: 'browser',
    include: ['src/**/*.test.ts'],
    testTimeout: 120_000,
  },
})

export default config
