import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { session } from '@fetch-sessions/hono'
import { type Context, Hono } from 'hono'
import { page } from './page.js'

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
    return wantsPage(c) ? c.html(page(count)) : c.text(`count: ${count}\n`)
  })

  // A real application changes nothing on GET: this one does for the sake of "curl .../inc".
  app.on(['GET', 'POST'], '/inc', async (c) => {
    const count = (await c.var.session.write()).update('count', (n = 0) => n + 1)
    return wantsPage(c) ? c.redirect('/', 303) : c.text(`count: ${count}\n`)
  })

  app.on(['GET', 'POST'], '/reset', async (c) => {
    ;(await c.var.session.write()).destroy()
    return wantsPage(c) ? c.redirect('/', 303) : c.text('count: 0\n')
  })

  return app
}

/** Browsers ask for text/html by name; curl takes anything. */
function wantsPage(c: Context): boolean {
  c.header('Vary', 'Accept', { append: true })
  return c.req.header('Accept')?.includes('text/html') ?? false
}
