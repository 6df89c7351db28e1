import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { serve } from 'srvx'
import { sessions } from './sessions.ts'

async function respond(request: Request): Promise<Response> {
  switch (`${request.method} ${new URL(request.url).pathname}`) {
    case 'GET /':
      return new Response(describe(await sessions.read(request)))
    case 'POST /count': {
      const session = await sessions.write(request)
      session.update('count', (n = 0) => n + 1)
      return new Response(describe(session))
    }
    case 'POST /sign-in':
      ;(await sessions.write(request)).set('user', 'ada').regenerate()
      return new Response(null, { status: 303, headers: { location: '/' } })
    case 'POST /sign-out':
      ;(await sessions.write(request)).destroy()
      return new Response(null, { status: 303, headers: { location: '/' } })
    case 'POST /fail':
      ;(await sessions.write(request)).set('count', 1000)
      throw new Error('on purpose')
    case 'GET /public':
      return new Response('the same for all')
    case 'GET /live':
      return new Response(await live(sessions, sessions.open(request)))
    default:
      return new Response('Not found', { status: 404 })
  }
}

serve({
  port: process.env.PORT ?? 3000,
  // #region sessions
  middleware: [(request, next) => sessions.handle(request, next)],
  // #endregion
  fetch: respond,
  error: () => new Response('Sorry', { status: 500 }),
})
