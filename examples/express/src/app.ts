import { expressSession, MemoryStore, SessionManager } from '@fetch-sessions/node'
import express, { type Express, type Response } from 'express'

const sessions = new SessionManager<{ count: number }>({
  store: new MemoryStore(),
  secret: process.env.SESSION_SECRET || temporarySecret(),
  // This example speaks plain http, over which some clients do not send Secure cookies. In production leave it out.
  cookie: { secure: process.env.NODE_ENV === 'production' },
})

// From now on `req.session` knows what it holds.
declare module '@fetch-sessions/node' {
  interface Register {
    sessions: typeof sessions
  }
}

/** A counter for each visitor, as a line of text. */
export const app: Express = express().use(expressSession(sessions))

app.get('/', async (req, res) => {
  const session = await req.session.read()
  show(res, session.get('count') ?? 0)
})

// A real application changes nothing on GET: this one does for the sake of "curl .../inc".
app.all('/inc', async (req, res) => {
  const session = await req.session.write()
  show(
    res,
    session.update('count', (n = 0) => n + 1),
  )
})

app.all('/reset', async (req, res) => {
  const session = await req.session.write()
  session.destroy()
  show(res, 0)
})

function show(res: Response, count: number): void {
  res.type('text').send(`count: ${count}\n`)
}

function temporarySecret(): Uint8Array {
  console.log('SESSION_SECRET is not set: this run has a random one.')
  return crypto.getRandomValues(new Uint8Array(32))
}
