import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

const sources = fileURLToPath(new URL('../..', import.meta.url))

/** A test Worker as one module, made of the sources. */
export async function bundleWorker(name = 'worker'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:workers'],
    alias: {
      '@fetch-sessions/core': `${sources}/core/src/index.ts`,
      '@fetch-sessions/store-testing': `${sources}/store-testing/src/index.ts`,
    },
  })
  return outputFiles[0]?.text ?? ''
}

/** The test Worker in a workerd process of its own. Miniflare 4.20260426.0 is the last one that runs on Node 20. */
export class WorkerProcess {
  readonly #miniflare: Miniflare

  /** With a folder, what Durable Objects keep outlives the process. */
  constructor(
    script: string,
    { persist, compatibilityDate = '2026-04-01', hasObjects = true }: WorkerProcessOptions = {},
  ) {
    this.#miniflare = new Miniflare({
      modules: true,
      script,
      compatibilityDate,
      kvNamespaces: ['SESSIONS_KV'],
      ...(hasObjects ? { durableObjects: { SESSIONS: { className: 'InspectedObject', useSQLite: true } } } : {}),
      ...(persist === undefined ? {} : { durableObjectsPersist: persist }),
    })
  }

  async fetch(path: string, headers: Record<string, string> = {}): Promise<{ text: string; cookie: string }> {
    const response = await this.#miniflare.dispatchFetch(`https://example.com${path}`, { headers })
    return { text: await response.text(), cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' }
  }

  /** @throws Error if the Worker did */
  async post<Result>(path: string, body: object = {}): Promise<Result> {
    const response = await this.#miniflare.dispatchFetch(`https://example.com${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    const { result, error } = (await response.json()) as { result: Result; error?: string }
    if (error !== undefined) throw new Error(error)
    return result
  }

  close(): Promise<void> {
    return this.#miniflare.dispose()
  }
}

export interface WorkerProcessOptions {
  persist?: string
  compatibilityDate?: string
  /** `false` for a Worker without the class. */
  hasObjects?: boolean
}
