import { CookieStore, SessionManager } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'
import { type CounterData, counter } from './counter.js'

interface Env {
  SESSION_SECRET: string
}

export default {
  // Each isolate has its own memory, so a MemoryStore would lose count. The cookie needs no server state at all.
  fetch: withSession(
    counter,
    (env: Env) => new SessionManager<CounterData>({ store: new CookieStore(), secret: env.SESSION_SECRET }),
  ),
}
