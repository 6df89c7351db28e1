// A worker in one file, of the packages as they are published. A runtime that follows a tsconfig's paths would else run
// the sources.
import { build } from 'esbuild'

/** @param condition - of package exports: what this runtime looks for */
export async function bundleWorker(file, condition) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: [condition, 'worker', 'import'],
    external: ['node:*'],
    plugins: [withoutNodeOnly],
    write: false,
    logLevel: 'error',
    tsconfigRaw: '{}',
  })
  return outputFiles[0].text
}

/** Frameworks that need Node are not run here, and some could not even be bundled. */
const withoutNodeOnly = {
  name: 'without contestants for Node only',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(express|fastify|h3|ours-on-node)\.js$/ }, ({ path }) => ({ path, external: true }))
  },
}
