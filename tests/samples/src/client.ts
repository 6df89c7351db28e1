import { type AddressInfo, Server } from 'node:net'
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
  const { listen } = Server.prototype
  let server: Server | undefined
  const port = await new Promise<number>((listening, fail) => {
    vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args: unknown[]) {
      server = this
      const started = args.find((arg) => typeof arg === 'function') as (() => void) | undefined
      return listen.call(this, { host: '127.0.0.1', port: 0 }, () => {
        started?.call(this)
        listening((this.address() as AddressInfo).port)
      })
    })
    import(file).catch(fail)
  })
  try {
    return await visits(new Visitor(`http://127.0.0.1:${port}`))
  } finally {
    server?.close()
    vi.restoreAllMocks()
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
