import type { Options } from 'tsup'
import shared from '../tsup.config.js'

/** It is for Node: its modules are there, by their own names, and so are their types. */
const config: Options = {
  ...shared,
  external: [/^node:/],
  removeNodeProtocol: false,
  dts: { compilerOptions: { types: ['node'] } },
}

export default config
