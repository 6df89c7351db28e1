import { defineConfig, type Options } from 'tsup'

const config: Options = defineConfig({
  entry: ['src/index.ts'],
  // Without the paths that lead the type check to the sources: what is a package of its own stays one.
  tsconfig: '../../tsconfig.base.json',
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  // The schema interface is types only: it is copied into ours, so that nothing is installed with core.
  dts: { resolve: ['@standard-schema/spec'] },
  sourcemap: true,
  clean: true,
}) as Options

export default config
