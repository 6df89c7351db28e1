import { expressSession, MemoryStore, SessionManager } from '@fetch-sessions/node'
import express from 'express'

const sessions = new SessionManager<{ count: number }>({
  store: new MemoryStore(), // in production one of the stores below
  secret: process.env.SESSION_SECRET,
})

// From now on req.session knows what it holds.
declare module '@fetch-sessions/node' {
  interface Register {
    sessions: typeof sessions
  }
}

const app = express().use(expressSession(sessions))

app.get('/', async (req, res) => {
  const session = await req.session.write()
  res.send(`Visit ${session.update('count', (n = 0) => n + 1)}`)
})

app.listen(3000)
