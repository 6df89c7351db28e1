import { createHash, X509Certificate } from 'node:crypto'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { serve } from '@hono/node-server'
import { generate } from 'selfsigned'
import { onTestFinished } from 'vitest'
import type { Host } from './hosts.js'

/** The address of a path of the site, under any host name: the browser resolves each to this machine. */
export type Site = (host: Host, path?: string) => string

const { private: key, cert } = await generate([{ name: 'commonName', value: 'test' }], { keyType: 'ec' })

/** What tells the certificate from others: a hash of its public key. */
export const certificate: string = createHash('sha256')
  .update(new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' }))
  .digest('base64')

/** What a Hono app is, whatever its variables. */
export interface App {
  fetch: (request: Request, env?: object) => Response | Promise<Response>
}

/** What has been answered to addresses that were opened by `tour`. */
const answers = new Map<string, string>()

/** For a browser that nobody drives: the address to start at, to be led through all of them. The answers come later. */
export function tour(urls: string[]): { start: string; answers: () => Promise<string[]> } {
  const key = String(Math.random())
  const withKey = (url: string, step: number, next: string): string => {
    const address = new URL(url)
    address.searchParams.set('tour', JSON.stringify([`${key} ${step}`, next]))
    return address.href
  }
  const collect = async (): Promise<string[]> => {
    const keys = urls.map((_, step) => `${key} ${step}`)
    while (!keys.every((key) => answers.has(key))) await new Promise((resolve) => setTimeout(resolve, 50))
    return keys.map((key) => answers.get(key) ?? '')
  }
  return { start: urls.reduceRight((next, url, step) => withKey(url, step, next), ''), answers: collect }
}

async function guided(app: App, request: Request, env: object): Promise<Response> {
  const response = await app.fetch(request, env)
  const tour = new URL(request.url).searchParams.get('tour')
  if (tour === null) return response
  const [key, next] = JSON.parse(tour) as [string, string]
  answers.set(key, await response.clone().text())
  if (next !== '') response.headers.set('Refresh', `0; url=${next}`)
  return response
}

const servers = {
  https: { createServer, serverOptions: { key, cert } },
  h2: { createServer: createSecureServer, serverOptions: { key, cert, allowHTTP1: true } },
  http: {},
} as const

/** Serves an app on a free port until the test ends: over https, where the certificate is worth nothing, or plain http. */
export async function startSite(app: App, over: keyof typeof servers = 'https'): Promise<Site> {
  const server = serve({
    fetch: (request, env) => guided(app, request, env),
    port: 0,
    hostname: '127.0.0.1',
    ...(servers[over] as object),
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(async () => {
    // Not closeAllConnections(), which a server for HTTP/2 does not have.
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  const protocol = over === 'http' ? 'http' : 'https'
  return (host, path = '/') => `${protocol}://${host}:${port}${path}`
}
