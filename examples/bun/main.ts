import { MemoryStore } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'

const server = Bun.serve({
  hostname: '127.0.0.1', // For this machine alone, as long as it is an example.
  port: process.env.PORT ?? 3000,
  fetch: withSession<{ count: number }, [server: Bun.Server<undefined>]>(
    async (request, session) => {
      switch (new URL(request.url).pathname) {
        case '/':
          return text((await session.read()).get('count') ?? 0)
        case '/inc':
          return text((await session.write()).update('count', (n = 0) => n + 1))
        case '/reset':
          ;(await session.write()).destroy()
          return text(0)
        default:
          return new Response('Not found\n', { status: 404 })
      }
    },
    { store: new MemoryStore(), secret: process.env.SESSION_SECRET || temporarySecret() },
  ),
})

console.log(`http://localhost:${server.port}`)

function text(count: number): Response {
  return new Response(`count: ${count}\n`)
}

function temporarySecret(): Uint8Array {
  console.log('SESSION_SECRET is not set: this run has a random one.')
  return crypto.getRandomValues(new Uint8Array(32))
}
