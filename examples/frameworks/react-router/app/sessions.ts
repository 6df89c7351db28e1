import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import type { Data } from '@fetch-sessions/example-frameworks-shared'
import { createContext } from 'react-router'

export const sessions = new SessionManager<Data>({
  store: new MemoryStore(),
  secret: process.env.SESSION_SECRET,
})

export const sessionContext = createContext<SessionHandle<Data>>()
