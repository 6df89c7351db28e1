import { MemoryStore, SessionManager, session } from '@fetch-sessions/hono'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const sessions = new SessionManager<{ count: number }>({
  store: new MemoryStore(), // in production one of the stores below
  secret: process.env.SESSION_SECRET,
})

const app = new Hono().use(session(sessions)).get('/', async (c) => {
  const session = await c.var.session.write()
  return c.text(`Visit ${session.update('count', (n = 0) => n + 1)}`)
})

serve({ fetch: app.fetch, port: 3000 })
