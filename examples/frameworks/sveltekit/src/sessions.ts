import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import type { Data } from '@fetch-sessions/example-frameworks-shared'
import { building } from '$app/env'

export const sessions = new SessionManager<Data>({
  store: new MemoryStore(),
  // A build loads this as well, and has no secret.
  secret: building ? crypto.getRandomValues(new Uint8Array(32)) : process.env.SESSION_SECRET,
})
