import { randomBytes } from 'node:crypto'
import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { serve } from '@hono/node-server'
import { type CounterData, counter } from './app.js'

const { PORT = '3000', SESSION_SECRET, NODE_ENV } = process.env

if (SESSION_SECRET === undefined) {
  console.log('SESSION_SECRET is not set: using a random one, so sessions end with this process.')
}

const sessions = new SessionManager<CounterData>({
  store: new MemoryStore(),
  secret: SESSION_SECRET ?? randomBytes(32),
  // Over plain http only a browser sends a Secure cookie to localhost; curl and the like do not.
  cookie: { secure: NODE_ENV === 'production' },
})

const server = serve({ fetch: counter(sessions).fetch, port: Number(PORT) }, ({ port }) => {
  console.log(`The counter is at http://localhost:${port} (Ctrl-C to stop)`)
})

server.on('error', (error: NodeJS.ErrnoException) => {
  console.error(error.code === 'EADDRINUSE' ? `Port ${PORT} is taken: set PORT to another one.` : error.message)
  process.exitCode = 1
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close())
