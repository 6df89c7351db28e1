// A worker of the packages as they are published. A runtime that follows a tsconfig's paths would else run the sources.
// In pieces, since in one file each module that is imported later is a function, which makes what is in it slower than it
// is in an application.
import { basename } from 'node:path'
import { build } from 'esbuild'

/**
 * Writes it to `folder`.
 * @param condition - of package exports: what this runtime looks for
 * @returns the names of its files, that of `file` first
 */
export async function bundleWorker(file, condition, folder) {
  const { metafile } = await build({
    entryPoints: [file],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    conditions: [condition, 'worker', 'import'],
    external: ['node:*'],
    plugins: [withoutNodeOnly],
    logLevel: 'error',
    metafile: true,
    tsconfigRaw: '{}',
  })
  const outputs = Object.entries(metafile.outputs)
  const isMain = ([, { entryPoint }]) => entryPoint?.endsWith(basename(file))
  return [...outputs.filter(isMain), ...outputs.filter((output) => !isMain(output))].map(([path]) => basename(path))
}

/** Frameworks that need Node are not run here, and some could not even be bundled. */
const withoutNodeOnly = {
  name: 'without contestants for Node only',
  setup({ onResolve }) {
    onResolve(
      { filter: /^\.\/(express|fastify|h3|ours-on-node|ours-with-node-adapter|[a-z-]+-on-servers)\.js$/ },
      ({ path }) => ({ path, external: true }),
    )
  },
}
