import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { type SessionRequest, session } from '@fetch-sessions/itty-router'
import { AutoRouter, text } from 'itty-router'

interface Visitor {
  visits: number
  role: 'guest' | 'admin'
}

type VisitorRequest = SessionRequest<Visitor>

export function regenerate(secret: string): { fetch: (request: Request) => Promise<Response> } {
  const sessions = new SessionManager<Visitor>({
    store: new MemoryStore(),
    secret,
    // This example speaks plain http, over which some clients do not send Secure cookies. In production leave it out.
    cookie: { secure: process.env.NODE_ENV === 'production' },
  })

  const router = AutoRouter({ ...session(sessions), format: text })

  router.get('/', async (request: VisitorRequest) => {
    const session = await request.session.write()
    const visits = session.update('visits', (n = 0) => n + 1)
    return `${session.get('role') ?? 'guest'}, ${visits} visits, session ${session.id}\n`
  })

  // Where a real application checks a password first. All that the session held is kept, under a new id.
  router.post('/sign-in', async (request: VisitorRequest) => {
    const session = await request.session.write()
    session.regenerate()
    session.set('role', 'admin')
    return 'Signed in: the session has a new id, and the old cookie opens nothing.\n'
  })

  // Privileges change here as well. To end the session altogether, call destroy() instead.
  router.post('/sign-out', async (request: VisitorRequest) => {
    const session = await request.session.write()
    session.regenerate()
    session.delete('role')
    return 'Signed out: the session has a new id again.\n'
  })

  return router
}
