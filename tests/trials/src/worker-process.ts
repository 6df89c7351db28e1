import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

/** The Worker in a workerd process, which takes the place of all server processes: each request is on its own there. */
export async function startWorker(): Promise<{ urls: string[]; stop(): Promise<void> }> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('worker.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:workers'],
    logLevel: 'error',
  })
  const miniflare = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? '',
    compatibilityDate: '2026-04-01',
    durableObjects: { SESSIONS: { className: 'SessionObject', useSQLite: true } },
  })
  const { origin } = await miniflare.ready
  return { urls: [origin, origin, origin], stop: () => miniflare.dispose() }
}
