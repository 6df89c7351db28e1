import { CookieStore } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'

interface Env {
  SESSION_SECRET: string
}

export default {
  fetch: withSession<{ count: number }, [env: Env, ctx: ExecutionContext]>(
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
    // Called once for each env object. A Worker has no memory to rely on: a visitor's next request may reach another
    // machine. CookieStore needs none, since the cookie holds the session itself.
    (env) => ({ store: new CookieStore(), secret: env.SESSION_SECRET }),
  ),
} satisfies ExportedHandler<Env>

function text(count: number): Response {
  return new Response(`count: ${count}\n`)
}
