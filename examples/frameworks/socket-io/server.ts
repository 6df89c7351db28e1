import { addPages, describe, live } from '@fetch-sessions/example-frameworks-shared'
import { session } from '@fetch-sessions/hono'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { Server } from 'socket.io'
import { sessions } from './sessions.ts'

type Answer = (text: string) => void

/** What a client says, and what it is answered. */
interface Messages {
  count(answer: Answer): void
}

const app = new Hono().use(session(sessions))

app.post('/sign-out', async (c) => {
  // #region sessions
  const { id } = await c.var.session.read()
  await c.var.session.save((session) => session.destroy())
  io.in(id).disconnectSockets()
  // #endregion
  return c.redirect('/', 303)
})

addPages(app)
app.get('/live', async (c) => c.body(await live(sessions, c.var.session)))

const server = createAdaptorServer(app)
const io = new Server<Messages>(server)

// #region sessions
io.use(async (socket, next) => {
  const session = await sessions.read(socket.handshake.headers.cookie).catch(() => undefined)
  if (session === undefined || session.isNew) return next(new Error('Unauthorized'))
  await socket.join(session.id)
  return next()
})
// #endregion

io.on('connection', (socket) => {
  const count = async (answer: Answer): Promise<unknown> => {
    // Opened anew for each message: what was done in another tab is seen, and so is a sign-out.
    const handle = sessions.open(socket.handshake.headers.cookie)
    if ((await handle.read()).isNew) return socket.disconnect()
    await handle.save((session) => session.update('count', (n = 0) => n + 1))
    return answer(describe(await handle.read()))
  }
  socket.on('count', (answer) => count(answer).catch(() => socket.disconnect()))
})

server.listen(process.env.PORT ?? 3000)
