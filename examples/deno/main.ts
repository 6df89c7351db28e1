import { MemoryStore } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'

export default {
  fetch: withSession<{ count: number }, [info: Deno.ServeHandlerInfo]>(
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
    { store: new MemoryStore(), secret: Deno.env.get('SESSION_SECRET') || temporarySecret() },
  ),
} satisfies Deno.ServeDefaultExport

function text(count: number): Response {
  return new Response(`count: ${count}\n`)
}

function temporarySecret(): Uint8Array {
  console.log('SESSION_SECRET is not set: this run has a random one.')
  return crypto.getRandomValues(new Uint8Array(32))
}
