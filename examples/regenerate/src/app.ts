import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { formsScript, notFound, wantsPage } from '@fetch-sessions/example-shared/page'
import { type SessionRequest, session } from '@fetch-sessions/itty-router'
import { AutoRouter, html, text } from 'itty-router'
import { visitorPage } from './page.js'

interface Visitor {
  visits: number
  role: 'guest' | 'admin'
}

type VisitorRequest = SessionRequest<Visitor>

/** Shows a visitor's role, visits and session id: a page for browsers, a line of text for everyone else. */
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
    const { id } = session
    const role = session.get('role') ?? 'guest'
    return wantsPage(request) ? html(visitorPage({ role, visits, id })) : `${role}, ${visits} visits, session ${id}\n`
  })

  // Where a real application checks a password first. All that the session held is kept, under a new id.
  router.post('/sign-in', async (request: VisitorRequest) => {
    const session = await request.session.write()
    session.regenerate()
    session.set('role', 'admin')
    return done(request, 'Signed in: the session has a new id, and the old cookie opens nothing.\n')
  })

  // Privileges change here as well. To end the session altogether, call destroy() instead.
  router.post('/sign-out', async (request: VisitorRequest) => {
    const session = await request.session.write()
    session.regenerate()
    session.delete('role')
    return done(request, 'Signed out: the session has a new id again.\n')
  })

  router.get('/forms.js', () => new Response(formsScript, { headers: { 'Content-Type': 'text/javascript' } }))

  router.all('*', (request: VisitorRequest) => notFound(request))

  return router
}

function done(request: VisitorRequest, line: string): Response | string {
  return wantsPage(request) ? new Response(null, { status: 303, headers: { Location: '/' } }) : line
}
