import { addPages, describe, live } from '@fetch-sessions/example-frameworks-shared'
import { session } from '@fetch-sessions/hono'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { WebSocketServer } from 'ws'
import { sessions } from './sessions.ts'

const app = new Hono().use(session(sessions))

addPages(app)
app.get('/live', async (c) => c.body(await live(sessions, c.var.session)))

const server = createAdaptorServer(app)
const sockets = new WebSocketServer({ noServer: true })

// #region sessions
server.on('upgrade', async (request, socket, head) => {
  const session = await sessions.read(request.headers.cookie).catch(() => undefined)
  if (session === undefined || session.isNew) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
  sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request))
})
// #endregion

sockets.on('connection', (client, request) => {
  const count = async (): Promise<void> => {
    // Opened anew for each message: what was done in another tab is seen, and so is a sign-out.
    const handle = sessions.open(request.headers.cookie)
    if ((await handle.read()).isNew) return client.close(4401, 'Signed out')
    await handle.save((session) => session.update('count', (n = 0) => n + 1))
    client.send(describe(await handle.read()))
  }
  client.on('message', () => count().catch(() => client.close(1011, 'Sorry')))
})

server.listen(process.env.PORT ?? 3000)
