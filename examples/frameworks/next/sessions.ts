import type { Data } from '@fetch-sessions/example-frameworks-shared'
import { MemoryStore, nextSessions, oncePerProcess } from '@fetch-sessions/next'

// #region sessions
export const sessions = nextSessions<Data>(() => ({
  store: oncePerProcess('sessions', () => new MemoryStore()),
  secret: process.env.SESSION_SECRET,
}))
// #endregion

/** For the test that has it loaded anew. */
export const loaded = performance.now()
