import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Of the tests over HTTP, which `pnpm test:runtimes` runs once for each runtime. They need built packages. */
const config: ViteUserConfig = defineConfig({
  test: { include: ['http/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 90_000 },
})

export default config
