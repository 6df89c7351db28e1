import { MemoryStore, SessionManager, withSession } from '@fetch-sessions/fetch'

const sessions = new SessionManager<{ count: number }>({
  store: new MemoryStore(),
  secret: Deno.env.get('SESSION_SECRET'),
})

export default {
  fetch: withSession(async (_request, handle) => {
    const session = await handle.write()
    return new Response(`Visit ${session.update('count', (n = 0) => n + 1)}`)
  }, sessions),
}
