import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import type { Data } from '@fetch-sessions/example-frameworks-shared'

export const sessions = new SessionManager<Data>({
  store: new MemoryStore(),
  secret: Deno.env.get('SESSION_SECRET'),
})
