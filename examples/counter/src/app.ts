import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { notFound, wantsPage } from '@fetch-sessions/example-shared/page'
import { session } from '@fetch-sessions/hono'
import { type Context, Hono } from 'hono'
import { counterPage } from './page.js'

/** A counter for each visitor: a page for browsers, a line of text for everyone else. */
export function counter(secret: string): { fetch: Hono['fetch'] } {
  const sessions = new SessionManager<{ count: number }>({
    store: new MemoryStore(),
    secret,
    // This example speaks plain http, over which some clients do not send Secure cookies. In production leave it out.
    cookie: { secure: process.env.NODE_ENV === 'production' },
  })

  const app = new Hono().use(session(sessions))

  app.get('/', async (c) => {
    const count = (await c.var.session.read()).get('count') ?? 0
    c.header('Vary', 'Accept', { append: true })
    return wantsPage(c.req.raw) ? c.html(counterPage(count)) : c.text(`count: ${count}\n`)
  })

  // A real application changes nothing on GET: this one does for the sake of "curl .../inc".
  app.on(['GET', 'POST'], '/inc', async (c) => {
    const count = (await c.var.session.write()).update('count', (n = 0) => n + 1)
    return done(c, count)
  })

  app.on(['GET', 'POST'], '/reset', async (c) => {
    ;(await c.var.session.write()).destroy()
    return done(c, 0)
  })

  app.notFound((c) => notFound(c.req.raw))

  return app
}

function done(c: Context, count: number): Response {
  c.header('Vary', 'Accept', { append: true })
  return wantsPage(c.req.raw) ? c.redirect('/', 303) : c.text(`count: ${count}\n`)
}
