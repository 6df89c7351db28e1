import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import type { Runtime } from './runtimes.js'

/**
 * What was written for Node before it had modules can't be bundled as one: it requires Node's own by their old names. By
 * the package that has it installed.
 */
const OF_NODE: Readonly<Record<string, readonly string[]>> = {
  'tests/runtimes': ['ws'],
  'packages/node': [
    ...['@fastify/compress', '@fastify/cookie', 'compression', 'connect', 'cookie-parser', 'express', 'express4'],
    'fastify',
  ],
}

const ofNode: Plugin = {
  name: 'of-node',
  setup({ onResolve }) {
    for (const [folder, names] of Object.entries(OF_NODE)) {
      const require = createRequire(new URL(`../../../${folder}/package.json`, import.meta.url))
      onResolve({ filter: new RegExp(`^(${names.join('|')})$`) }, ({ path }) => ({
        path:
          path === 'ws'
            ? new URL('wrapper.mjs', pathToFileURL(require.resolve('ws/package.json'))).href
            : pathToFileURL(require.resolve(path)).href,
        external: true,
      }))
    }
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
    plugins: [...(options.plugins ?? []), ofNode],
    // Not the packages' own tsconfig.json: their `paths` lead to the sources.
    tsconfig: fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url)),
    logLevel: 'error',
  })
  return outputFiles?.[0]?.text ?? ''
}
