import { Visitor } from '@fetch-sessions/core/testing'
import { vi } from 'vitest'
import type { Platform } from './samples.js'

type Fetch = (request: Request, env?: object) => Response | Promise<Response>

const ENV: { SESSION_SECRET: string } = { SESSION_SECRET: 'ihYWKLDWLBJ6oFBnPQLg9xPhZmbcWSXkJuyOKTbBXQk=' }

/** What a server of a sample answers to a client that keeps its cookies, at its first and its second visit. */
export async function visitTwice(file: string, platform: Platform): Promise<string[]> {
  return platform === 'node' ? overHttp(file) : inProcess(file, platform)
}

/** On Node with the real server, at a port of its own choice. */
async function overHttp(file: string): Promise<string[]> {
  let server: ReturnType<typeof import('@hono/node-server')['serve']> | undefined
  const port = await new Promise<number>((listening, fail) => {
    vi.doMock('@hono/node-server', async (original) => {
      const { serve, ...rest } = await original<typeof import('@hono/node-server')>()
      const serveAnywhere: typeof serve = (options) => {
        server = serve({ ...options, hostname: '127.0.0.1', port: 0 }, ({ port }) => listening(port))
        return server
      }
      return { ...rest, serve: serveAnywhere }
    })
    import(file).catch(fail)
  })
  try {
    return await visits(new Visitor(`http://127.0.0.1:${port}`))
  } finally {
    server?.close()
    vi.doUnmock('@hono/node-server')
  }
}

/** Elsewhere by the fetch handler, which is what the platform calls. The runtimes themselves are tested in tests/runtimes. */
async function inProcess(file: string, platform: Platform): Promise<string[]> {
  let served: Fetch | undefined
  if (platform === 'deno') vi.stubGlobal('Deno', { env: { get: () => ENV.SESSION_SECRET } })
  if (platform === 'bun') vi.stubGlobal('Bun', { serve: (options: { fetch: Fetch }) => (served = options.fetch) })
  try {
    const { default: exported } = (await import(file)) as { default?: { fetch: Fetch } }
    const handle = served ?? exported?.fetch
    if (handle === undefined) throw new Error('the sample serves nothing')
    return await visits(new Visitor(handle, { args: [ENV] }))
  } finally {
    vi.unstubAllGlobals()
  }
}

async function visits(visitor: Visitor): Promise<string[]> {
  return [await (await visitor.get('/')).text(), await (await visitor.get('/')).text()]
}
