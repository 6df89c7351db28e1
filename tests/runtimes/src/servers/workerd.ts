import { withSession } from '@fetch-sessions/fetch'
import { upgradeWebSocket } from 'hono/cloudflare-workers'
import { respond } from './app.js'
import { answer, honoSockets, sessions } from './sockets.js'

interface WorkerSocket extends WebSocket {
  accept(): void
}
declare const WebSocketPair: new () => { 0: WorkerSocket; 1: WorkerSocket }

const sockets = honoSockets(upgradeWebSocket)

const raw = withSession(async (request, session) => {
  if (request.url.endsWith('/first')) (await session.write()).set('count', 1)
  const { 0: client, 1: server } = new WebSocketPair()
  server.addEventListener('message', async () => server.send(await answer(session)))
  server.accept()
  return new Response(null, { status: 101, webSocket: client } as ResponseInit)
}, sessions)

export default {
  fetch: (request: Request): Response | Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/sockets/hono/')) return sockets.fetch(request)
    return pathname.startsWith('/sockets/fetch/') ? raw(request) : respond(request)
  },
}
