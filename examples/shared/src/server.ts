import { randomBytes } from 'node:crypto'
import { serve } from '@hono/node-server'

/** What an example is, given a secret. `env` has Node's own request and response. */
type Example = (secret: string) => { fetch: (request: Request, env: object) => Response | Promise<Response> }

/** Serves an example to this machine, on PORT, or 3000, with SESSION_SECRET, or a secret for this run. */
export function start(example: Example): void {
  const port = Number(process.env.PORT || 3000)
  const app = example(process.env.SESSION_SECRET || temporarySecret())

  const server = serve({ fetch: (request, env) => app.fetch(request, env), hostname: '127.0.0.1', port }, () =>
    console.log(`http://localhost:${port}`),
  )

  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    console.error(`Port ${port} is in use. Set PORT to another one, such as ${port + 1}.`)
    process.exit(1)
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))
}

function temporarySecret(): string {
  console.log('SESSION_SECRET is not set: this run has a random one.')
  return randomBytes(32).toString('base64url')
}
