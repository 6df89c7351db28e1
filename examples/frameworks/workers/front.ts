import { DurableObject } from 'cloudflare:workers'
import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { withSession } from '@fetch-sessions/fetch'
import { type Env, sessionsOf } from './sessions'

export { SessionObject } from '@fetch-sessions/cloudflare/durable-object'

interface FrontEnv extends Env {
  PAGES: Fetcher
  ROOM: DurableObjectNamespace<Room>
}

const home = (): Response => new Response(null, { status: 303, headers: { location: '/' } })

// #region sessions
const front = withSession(async (request, handle, env: FrontEnv) => {
  // #endregion
  switch (`${request.method} ${new URL(request.url).pathname}`) {
    case 'POST /count': {
      const session = await handle.write()
      session.update('count', (n = 0) => n + 1)
      return new Response(describe(session))
    }
    case 'POST /sign-in':
      ;(await handle.write()).set('user', 'ada').regenerate()
      return home()
    case 'POST /sign-out':
      ;(await handle.write()).destroy()
      return home()
    case 'POST /fail':
      ;(await handle.write()).set('count', 1000)
      throw new Error('on purpose')
    case 'GET /live':
      // Another one of ours gets the request as it came, cookie and all.
      return env.ROOM.getByName('the one room').fetch(request)
    default:
      return env.PAGES.fetch(request)
  }
  // #region sessions
}, sessionsOf)
// #endregion

export default { fetch: front } satisfies ExportedHandler<FrontEnv>

/** A Durable Object that asks for the session itself. */
export class Room extends DurableObject<Env> {
  override fetch(request: Request): Promise<Response> {
    // #region sessions
    const sessions = sessionsOf(this.env)
    return sessions.handle(request, async (handle) => new Response(await live(sessions, handle)))
    // #endregion
  }
}
