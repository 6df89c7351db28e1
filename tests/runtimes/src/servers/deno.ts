import { withSession } from '@fetch-sessions/fetch'
import { upgradeWebSocket } from 'hono/deno'
import { respond } from './app.js'
import { answer, honoSockets, sessions } from './sockets.js'

declare const Deno: {
  serve(
    options: { port: number; hostname: string; onListen(address: { port: number }): void },
    handler: (request: Request) => Response | Promise<Response>,
  ): void
  upgradeWebSocket(request: Request): { socket: WebSocket; response: Response }
}

const sockets = honoSockets(upgradeWebSocket)

const raw = withSession(async (request, session) => {
  if (request.url.endsWith('/first')) (await session.write()).set('count', 1)
  const { socket, response } = Deno.upgradeWebSocket(request)
  socket.onmessage = async () => socket.send(await answer(session))
  return response
}, sessions)

Deno.serve(
  { port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log(JSON.stringify({ port })) },
  (request) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/sockets/hono/')) return sockets.fetch(request)
    return pathname.startsWith('/sockets/fetch/') ? raw(request) : respond(request)
  },
)
