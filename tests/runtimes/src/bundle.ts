import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import type { Runtime } from './runtimes.js'

/**
 * One ES module for a runtime. Packages are the built ones, as their `exports` name them there; Node's own modules are
 * left to the runtime, which may not have them.
 */
export async function bundle({ conditions }: Runtime, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: [...conditions, 'import'],
    external: ['node:*'],
    // Not the packages' own tsconfig.json: their `paths` lead to the sources.
    tsconfig: fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url)),
    logLevel: 'error',
  })
  return outputFiles?.[0]?.text ?? ''
}
