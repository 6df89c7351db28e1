import type { Options } from 'tsup'
import shared from '../tsup.config.js'

/** One entry for each framework: who uses one of them installs no other. */
const config: Options = { ...shared, entry: ['src/index.ts', 'src/hono.ts', 'src/itty-router.ts'] }

export default config
