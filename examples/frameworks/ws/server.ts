import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { session } from '@fetch-sessions/hono'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { WebSocketServer } from 'ws'
import { sessions } from './sessions.ts'

const app = new Hono().use(session(sessions))

app.get('/', async (c) => c.text(describe(await c.var.session.read())))

app.post('/count', async (c) => {
  const session = await c.var.session.write()
  session.update('count', (n = 0) => n + 1)
  return c.text(describe(session))
})

app.post('/sign-in', async (c) => {
  ;(await c.var.session.write()).set('user', 'ada').regenerate()
  return c.redirect('/', 303)
})

app.post('/sign-out', async (c) => {
  ;(await c.var.session.write()).destroy()
  return c.redirect('/', 303)
})

app.post('/fail', async (c) => {
  ;(await c.var.session.write()).set('count', 1000)
  throw new Error('on purpose')
})

app.get('/public', (c) => c.text('the same for all'))
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
