import { defineConfig, type Options } from 'tsup'

/** How a package is built, to `dist`. A package that needs more says only that, in its own `tsup.config.ts`. */
const config: Options = defineConfig({
  entry: ['src/index.ts'],
  // Without the paths that lead the type check to the sources: what is a package of its own stays one.
  tsconfig: '../../tsconfig.base.json',
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  dts: true,
  sourcemap: true,
  clean: true,
}) as Options

export default config
