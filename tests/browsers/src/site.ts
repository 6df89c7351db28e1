import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { generate } from 'selfsigned'
import { onTestFinished } from 'vitest'
import type { Host } from './hosts.js'

/** The address of a path of the site, under any host name: the browser resolves each to this machine. */
export type Site = (host: Host, path?: string) => string

const { private: key, cert } = await generate([{ name: 'commonName', value: 'test' }], { keyType: 'ec' })

/** What a Hono app is, whatever its variables. */
export interface App {
  fetch: (request: Request) => Response | Promise<Response>
}

/** Serves an app on a free port until the test ends: over https, where the certificate is worth nothing, or plain http. */
export async function startSite(app: App, protocol: 'https' | 'http' = 'https'): Promise<Site> {
  const tls = { createServer, serverOptions: { key, cert } }
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', ...(protocol === 'https' ? tls : {}) })
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(async () => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return (host, path = '/') => `${protocol}://${host}:${port}${path}`
}
