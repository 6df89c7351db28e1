import { randomBytes } from 'node:crypto'
import { serve } from '@hono/node-server'
import { counter } from './app.js'

const port = Number(process.env.PORT || 3000)
const secret = process.env.SESSION_SECRET || temporarySecret()

const server = serve({ fetch: counter(secret).fetch, port }, () => console.log(`http://localhost:${port}`))

server.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error
  console.error(`Port ${port} is in use. Take another one: PORT=${port + 1} npx -y pnpm@12 start`)
  process.exit(1)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))

function temporarySecret(): string {
  console.log('SESSION_SECRET is not set: this run has a random one.')
  return randomBytes(32).toString('base64url')
}
