import { durableObjectStore } from '@fetch-sessions/cloudflare'
import type { SessionObject } from '@fetch-sessions/cloudflare/durable-object'
import { SessionManager } from '@fetch-sessions/core'
import type { Data } from '@fetch-sessions/example-frameworks-shared'

export interface Env {
  SESSIONS: DurableObjectNamespace<SessionObject>
  SESSION_SECRET: string
}

let made: SessionManager<Data> | undefined

/** The same in each Worker and each object that has these bindings. */
export function sessionsOf(env: Env): SessionManager<Data> {
  made ??= new SessionManager<Data>({ store: durableObjectStore(env.SESSIONS), secret: env.SESSION_SECRET })
  return made
}
