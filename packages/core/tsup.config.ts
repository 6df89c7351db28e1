import type { Options } from 'tsup'
import shared from '../tsup.config.js'

// Builds side by side into one folder: none may empty it.
const own: Options = { ...shared, clean: false, dts: false }

const config: Options[] = [
  own,
  // For applications' tests: a build of its own, so that the first one has nothing of it.
  { ...own, entry: { testing: 'src/test-kit.ts' } },
  // The one entry that knows Node. The rest is checked without its types.
  { ...own, entry: ['src/node.ts'], external: ['node:crypto'], removeNodeProtocol: false },
  // The types of all, of which each is declared once: what is there twice is two types, and is inferred wrong.
  {
    ...own,
    entry: { index: 'src/index.ts', testing: 'src/test-kit.ts', node: 'src/node.ts' },
    // The schema interface is types only: it is copied into ours, so that nothing is installed with core.
    dts: { only: true, resolve: ['@standard-schema/spec'], compilerOptions: { types: ['node'] } },
  },
]

export default config
