import { withSession } from '@fetch-sessions/fetch'
import { upgradeWebSocket, websocket } from 'hono/bun'
import { respond } from './app.js'
import { answer, honoSockets, sessions } from './sockets.js'

interface Server {
  readonly port: number
  upgrade(request: Request, options: { headers?: Headers; data: unknown }): boolean
}
declare const Bun: {
  serve(options: {
    port: number
    hostname: string
    fetch(request: Request, server: Server): Response | Promise<Response>
    websocket: unknown
  }): Server
}

const sockets = honoSockets(upgradeWebSocket)

// Bun takes the headers of the 101 when it upgrades, and not from what the handler returns.
const raw = withSession(async (request, session, server: Server) => {
  if (request.url.endsWith('/first')) (await session.write()).set('count', 1)
  const headers = new Headers()
  await sessions.commitHeaders(request, headers)
  const onMessage = async (_event: unknown, socket: { send(text: string): void }): Promise<void> =>
    socket.send(await answer(session))
  server.upgrade(request, { headers, data: { events: { onMessage }, url: new URL(request.url) } })
  return undefined as unknown as Response
}, sessions)

/** What most applications do: nothing is committed by hand, and nothing returned. */
const plain = withSession(async (request, session, server: Server) => {
  ;(await session.write()).update('count', (n = 0) => n + 1)
  const onMessage = async (_event: unknown, socket: { send(text: string): void }): Promise<void> =>
    socket.send(await answer(session))
  server.upgrade(request, { data: { events: { onMessage }, url: new URL(request.url) } })
  return undefined as unknown as Response
}, sessions)

const { port } = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  websocket,
  fetch: (request, server) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/sockets/hono/')) return sockets.fetch(request, server)
    if (pathname.startsWith('/sockets/plain/')) return plain(request, server)
    return pathname.startsWith('/sockets/fetch/') ? raw(request, server) : respond(request)
  },
})
console.log(JSON.stringify({ port }))
