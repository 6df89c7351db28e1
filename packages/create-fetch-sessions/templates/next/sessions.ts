import { MemoryStore, nextSessions, oncePerProcess } from '@fetch-sessions/next'

export const sessions = nextSessions<{ count: number }>(() => ({
  store: oncePerProcess('sessions', () => new MemoryStore()),
  secret: process.env.SESSION_SECRET, // in .env.local, of: openssl rand -base64 32
}))
