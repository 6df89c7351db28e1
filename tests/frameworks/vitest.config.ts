import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Not in vitest.workspace.ts: it builds and starts an application of each framework, which loads the machine for minutes. */
const config: ViteUserConfig = defineConfig({
  test: {
    name: 'frameworks',
    include: ['src/**/*.test.ts'],
    // For the applications, which are started side by side before the first test.
    hookTimeout: 600_000,
    fileParallelism: false,
  },
})

export default config
