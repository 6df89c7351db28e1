import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import type { Running } from './running.js'

const example = new URL('../../../examples/accounts-workers/', import.meta.url)
const packages = fileURLToPath(new URL('../../../packages', import.meta.url))

/** The application in workerd with D1, from the sources. Miniflare 4.20260426.0 is the last one that runs on Node 20. */
export async function startWorkers(): Promise<Running> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('src/worker.ts', example))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker'],
    alias: Object.fromEntries(
      ['core/index', 'hono/index', 'login/index', 'login/hono', 'sql/index'].map((name) => {
        const [folder, file] = name.split('/')
        return [`@fetch-sessions/${name.replace('/index', '')}`, `${packages}/${folder}/src/${file}.ts`]
      }),
    ),
    logLevel: 'error',
  })
  // What Wrangler gives to Miniflare, of the same file.
  const config = JSON.parse(readFileSync(new URL('wrangler.jsonc', example), 'utf8').replace(/^ *\/\/.*$/gm, ''))
  const miniflare = new Miniflare({
    modules: true,
    // What it logs is an audit log, which nobody reads here.
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.resume()
      stderr.pipe(process.stderr)
    },
    script: outputFiles[0]?.text ?? '',
    compatibilityDate: config.compatibility_date,
    // Less work than for real passwords: there are many in these tests.
    bindings: { SCRYPT_N: 1024, SESSION_SECRET: randomBytes(32).toString('base64url') },
    d1Databases: config.d1_databases.map(({ binding }: { binding: string }) => binding),
    ratelimits: Object.fromEntries(config.ratelimits.map(({ name, simple }: RateLimitConfig) => [name, { simple }])),
  })
  const { origin } = await miniflare.ready
  return { origin, stop: () => miniflare.dispose() }
}

interface RateLimitConfig {
  name: string
  simple: { limit: number; period: 10 | 60 }
}
