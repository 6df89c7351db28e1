import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import type { Data } from '@fetch-sessions/example-frameworks-shared'
import { createServerOnlyFn } from '@tanstack/react-start'

let made: SessionManager<Data> | undefined

/** Made with the first request, and never in a browser. */
export const sessions = createServerOnlyFn(() => {
  made ??= new SessionManager<Data>({ store: new MemoryStore(), secret: process.env.SESSION_SECRET })
  return made
})
