import { serve, upgradeWebSocket, type WebSocketServerLike } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { respond } from './app.js'
import { honoSockets } from './sockets.js'

const sockets = honoSockets(upgradeWebSocket)

serve(
  {
    fetch: (request, env) =>
      new URL(request.url).pathname.startsWith('/sockets/hono/') ? sockets.fetch(request, env) : respond(request),
    port: 0,
    hostname: '127.0.0.1',
    // Its types say that an option may be undefined, which Hono's do not.
    websocket: { server: new WebSocketServer({ noServer: true }) as unknown as WebSocketServerLike },
  },
  ({ port }) => console.log(JSON.stringify({ port })),
)
