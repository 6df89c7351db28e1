import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import type { Runtime } from './runtimes.js'

/** Node's server for WebSockets can't be bundled as a module: it requires Node's own by their old names. */
const ws: Plugin = {
  name: 'ws',
  setup({ onResolve }) {
    const folder = createRequire(import.meta.url).resolve('ws/package.json')
    onResolve({ filter: /^ws$/ }, () => ({ path: new URL('wrapper.mjs', pathToFileURL(folder)).href, external: true }))
  },
}

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
    plugins: [...(options.plugins ?? []), ws],
    // Not the packages' own tsconfig.json: their `paths` lead to the sources.
    tsconfig: fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url)),
    logLevel: 'error',
  })
  return outputFiles?.[0]?.text ?? ''
}
