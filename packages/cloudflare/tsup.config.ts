import { defineConfig, type Options } from 'tsup'

const config: Options = defineConfig({
  entry: ['src/index.ts', 'src/durable-object.ts'],
  // Without the paths that lead the type check to the sources: what is a package of its own stays one.
  tsconfig: '../../tsconfig.base.json',
  external: ['cloudflare:workers'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  dts: { compilerOptions: { types: ['@cloudflare/workers-types'] } },
  sourcemap: true,
  clean: true,
}) as Options

export default config
