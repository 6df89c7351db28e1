import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { type Engine, engines, missingFor } from './src/engines/installed.js'

/** All tests in one engine; where it is missing, the one test that says so. */
const inEngine = (engine: Engine, order: number) => ({
  test: {
    name: engine,
    include: missingFor(engine) === undefined ? ['src/*.test.ts'] : ['src/missing/*.test.ts'],
    globalSetup: engine === 'webkit' ? ['src/engines/webkit-setup.ts'] : [],
    env: { ENGINE: engine },
    testTimeout: 120_000,
    hookTimeout: 30_000,
    // One engine after the other.
    sequence: { groupOrder: order },
  },
})

/** The documentation site, as it is built, in one engine: what is asked of is its pages, not a browser. */
const documentation = {
  test: {
    name: 'documentation',
    include: missingFor('chromium') === undefined ? ['src/documentation/*.test.ts'] : ['src/missing/*.test.ts'],
    globalSetup: ['src/documentation/build.ts'],
    env: { ENGINE: 'chromium' },
    testTimeout: 300_000, // The tables of the measurements take axe long, on a machine that is busy.
    hookTimeout: 30_000,
    sequence: { groupOrder: engines.length },
  },
}

/** Not in vitest.workspace.ts: these tests need browsers, and the packages built. */
const config: ViteUserConfig = defineConfig({
  test: { projects: [...engines.map(inEngine), documentation] },
})

export default config
