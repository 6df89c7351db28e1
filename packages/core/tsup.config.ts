import type { Options } from 'tsup'
import shared from '../tsup.config.js'

// Builds side by side into one folder: neither may empty it.
const config: Options[] = [
  // The schema interface is types only: it is copied into ours, so that nothing is installed with core.
  { ...shared, clean: false, dts: { resolve: ['@standard-schema/spec'] } },
  // For applications' tests: a build of its own, so that the first one has nothing of it.
  { ...shared, clean: false, entry: { testing: 'src/test-kit.ts' } },
  // The one entry that knows Node. The rest is checked without its types.
  {
    ...shared,
    clean: false,
    entry: ['src/node.ts'],
    external: ['node:crypto'],
    removeNodeProtocol: false,
    tsconfig: 'tsconfig.node.json',
  },
]

export default config
