import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Not in vitest.workspace.ts: these tests load the machine for minutes. One file after another, so that each has it. */
const config: ViteUserConfig = defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    name: 'trials',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/short-kept-connections.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})

export default config
