// Both Workers on this machine, as `wrangler dev` has them.

import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL(`${name}.ts`, import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:workers'],
  })
  return outputFiles[0]?.text ?? ''
}

const common = {
  modules: true,
  compatibilityDate: '2026-04-01',
  bindings: { SESSION_SECRET: process.env.SESSION_SECRET ?? '' },
} as const
const objects = { className: 'SessionObject', scriptName: 'front', useSQLite: true }

await new Miniflare({
  host: '127.0.0.1',
  port: Number(process.env.PORT ?? 3000),
  workers: [
    {
      ...common,
      name: 'front',
      script: await bundle('front'),
      serviceBindings: { PAGES: 'pages' },
      durableObjects: { SESSIONS: objects, ROOM: { className: 'Room', useSQLite: true } },
    },
    { ...common, name: 'pages', script: await bundle('pages'), durableObjects: { SESSIONS: objects } },
  ],
}).ready
