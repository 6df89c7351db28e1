import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { withSession } from '@fetch-sessions/fetch'
import { sessions } from './sessions.ts'

// #region sessions
const respond = withSession(async (request, handle) => {
  // #endregion
  switch (`${request.method} ${new URL(request.url).pathname}`) {
    case 'GET /':
      return new Response(describe(await handle.read()))
    case 'POST /count': {
      const session = await handle.write()
      session.update('count', (n = 0) => n + 1)
      return new Response(describe(session))
    }
    case 'POST /sign-in':
      ;(await handle.write()).set('user', 'ada').regenerate()
      return new Response(null, { status: 303, headers: { location: '/' } })
    case 'POST /sign-out':
      ;(await handle.write()).destroy()
      return new Response(null, { status: 303, headers: { location: '/' } })
    case 'POST /fail':
      ;(await handle.write()).set('count', 1000)
      throw new Error('on purpose')
    case 'GET /public':
      return new Response('the same for all')
    case 'GET /live':
      return new Response(await live(sessions, handle))
    default:
      return new Response('Not found', { status: 404 })
  }
  // #region sessions
}, sessions)
// #endregion

Deno.serve({ port: Number(Deno.env.get('PORT') ?? 3000) }, respond)
