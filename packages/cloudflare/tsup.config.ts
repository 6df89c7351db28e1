import type { Options } from 'tsup'
import shared from '../tsup.config.js'

const config: Options = {
  ...shared,
  entry: ['src/index.ts', 'src/durable-object.ts'],
  external: ['cloudflare:workers'],
  dts: { compilerOptions: { types: ['@cloudflare/workers-types'] } },
}

export default config
