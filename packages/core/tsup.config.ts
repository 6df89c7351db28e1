import { defineConfig, type Options } from 'tsup'

const shared: Options = {
  // Without the paths that lead the type check to the sources: what is a package of its own stays one.
  tsconfig: '../../tsconfig.base.json',
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  sourcemap: true,
}

const config: Options[] = defineConfig([
  {
    ...shared,
    entry: ['src/index.ts'],
    // The schema interface is types only: it is copied into ours, so that nothing is installed with core.
    dts: { resolve: ['@standard-schema/spec'] },
  },
  // The one entry that knows Node. The rest is checked without its types.
  {
    ...shared,
    entry: ['src/node.ts'],
    external: ['node:crypto'],
    removeNodeProtocol: false,
    tsconfig: 'tsconfig.node.json',
    dts: true,
  },
]) as Options[]

export default config
