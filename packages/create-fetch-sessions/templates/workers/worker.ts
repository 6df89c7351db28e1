import { CookieStore, SessionManager, withSession } from '@fetch-sessions/fetch'

interface Env {
  SESSION_SECRET: string
}

export default {
  fetch: withSession(
    async (_request, handle, _env: Env) => {
      const session = await handle.write()
      return new Response(`Visit ${session.update('count', (n = 0) => n + 1)}`)
    },
    (env: Env) => new SessionManager<{ count: number }>({ store: new CookieStore(), secret: env.SESSION_SECRET }),
  ),
}
