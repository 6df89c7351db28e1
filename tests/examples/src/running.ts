import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'

/** An example that answers to requests. */
export interface Running {
  readonly origin: string
  stop(): Promise<void>
}

interface App {
  fetch(request: Request, env: object): Response | Promise<Response>
}

/** Serves an app of Node on a free port. It may need to know where it is. */
export async function serveAt(make: (origin: string) => App | Promise<App>): Promise<Running> {
  let app: Promise<App> | undefined
  const server = serve({
    fetch: async (request, env) => (await (app as Promise<App>)).fetch(request, env),
    port: 0,
    hostname: '127.0.0.1',
  })
  await once(server, 'listening')
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  app = Promise.resolve(make(origin))
  await app
  return { origin, stop: () => new Promise((resolve) => server.close(() => resolve())) }
}
