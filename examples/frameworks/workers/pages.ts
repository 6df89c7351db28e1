import { describe } from '@fetch-sessions/example-frameworks-shared'
import { withSession } from '@fetch-sessions/fetch'
import { type Env, sessionsOf } from './sessions'

/** A Worker behind a service binding, which shows what the one before it has stored. */
export default {
  // #region sessions
  fetch: withSession(async (request, session, _env: Env) => {
    // #endregion
    switch (new URL(request.url).pathname) {
      case '/':
        return new Response(describe(await session.read()))
      case '/public':
        return new Response('the same for all')
      default:
        return new Response('Not found', { status: 404 })
    }
    // #region sessions
  }, sessionsOf),
  // #endregion
} satisfies ExportedHandler<Env>
