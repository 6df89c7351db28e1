/** The application as a Worker, whose sessions are Durable Objects. */

import { durableObjectStore, type SessionObjectNamespace } from '@fetch-sessions/cloudflare'
import { SessionManager } from '@fetch-sessions/fetch'
import { trialApp, type Visit } from './app.js'

export { SessionObject } from '@fetch-sessions/cloudflare/durable-object'

/** With a manager of its own for each request, as if each came to another machine. */
const worker: { fetch(request: Request, env: { SESSIONS: SessionObjectNamespace }): Promise<Response> } = {
  fetch(request, env) {
    const sessions = new SessionManager<Visit>({
      store: durableObjectStore(env.SESSIONS),
      secret: 'the same in all processes of a trial',
      cookie: { secure: false },
    })
    return trialApp(sessions)(request)
  },
}

export default worker
