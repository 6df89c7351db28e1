import { MemoryStore, SessionManager, type SessionRequest, session } from '@fetch-sessions/itty-router'
import { serve } from '@hono/node-server'
import { AutoRouter } from 'itty-router'

type Data = { count: number }

const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret: process.env.SESSION_SECRET })
const router = AutoRouter({ ...session(sessions) })

router.get('/', async (request: SessionRequest<Data>) => {
  const session = await request.session.write()
  return new Response(`Visit ${session.update('count', (n = 0) => n + 1)}`)
})

serve({ fetch: router.fetch, port: 3000 })
