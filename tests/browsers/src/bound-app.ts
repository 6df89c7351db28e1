import { setTimeout as sleep } from 'node:timers/promises'
import { type BoundEvent, type DeviceBoundOptions, deviceBound, middleware } from '@fetch-sessions/device-bound'
import { type CookieOptions, MemoryStore, SessionManager, session } from '@fetch-sessions/hono'
import { type Context, Hono } from 'hono'
import { html } from 'hono/html'
import { secret } from './secret.js'
import type { App } from './site.js'

/** A site whose sessions are bound, and what a test can do to it while it runs. */
export interface BoundApp extends App {
  readonly events: BoundEvent[]
  /** What came of requests for a refresh, in order: their statuses. */
  readonly refreshes: number[]
  /** What the browser said of refreshes that it left out. */
  readonly skipped: string[]
  /** How the endpoint of the refresh is today. */
  refresh: 'as it is' | 'failing' | 'gone' | number
  /** In the place of the ten minutes, as browsers hear it. */
  maxAge: number | undefined
  /** So many seconds later than it is, on the server. */
  later: number
}

/**
 * Signs in at /sign-in, in whatever way it is asked. Any other page shows the state and who is signed in, but /guarded, which
 * is for those who have proof where it is needed.
 */
export function boundApp(options: DeviceBoundOptions = {}, cookie: CookieOptions = {}): BoundApp {
  const events: BoundEvent[] = []
  const now = (): number => Date.now() + site.later * 1000
  const sessions = new SessionManager<{ name: string }>({ store: new MemoryStore(), secret, now, cookie })
  const bound = deviceBound(sessions, { now, onEvent: (event) => void events.push(event), ...options })

  const signIn = async (c: Context, response: Response): Promise<Response> => {
    const session = await sessions.write(c.req.raw)
    session.regenerate()
    session.set('name', 'Ada')
    return bound.register(c.req.raw, response)
  }
  const state = async (c: Context): Promise<string> => {
    const state = await bound.state(c.req.raw)
    const name = state === 'missing' ? undefined : (await sessions.read(c.req.raw)).get('name')
    return `${state} ${name ?? 'nobody'}`
  }
  // Without an icon that the browser would ask for whenever it likes, and renew the cookie for.
  const icon = html`<link rel="icon" href="data:,">`
  const page = async (c: Context) => c.html(html`${icon}<title>${await state(c)}</title><p>${await state(c)}</p>`)

  const app = new Hono()
    .use(async (c, next) => {
      const skipped = c.req.header('Secure-Session-Skipped')
      if (skipped !== undefined) site.skipped.push(skipped)
      await next()
    })
    .use('/device-bound/refresh', async (c, next) => {
      if (typeof site.refresh === 'number') await sleep(site.refresh)
      if (site.refresh === 'failing') c.res = new Response(null, { status: 500 })
      else if (site.refresh === 'gone') c.res = new Response(null, { status: 404 })
      else await next()
      site.refreshes.push(c.res.status)
    })
    .use('/device-bound/*', async (c, next) => {
      await next()
      const lines = c.res.headers.getSetCookie()
      if (site.maxAge === undefined) return
      c.res.headers.delete('Set-Cookie')
      for (const line of lines)
        c.res.headers.append('Set-Cookie', line.replace('Max-Age=600', `Max-Age=${site.maxAge}`))
    })
    .use(session(sessions))
    .use(middleware(bound.handle))
    .use('/guarded', middleware(bound.guard()))
    .get('/sign-in', (c) => signIn(c, c.redirect('/', 303)))
    .post('/sign-in', (c) => signIn(c, c.redirect('/', 303)))
    .post('/sign-in.json', (c) => signIn(c, c.json({ signedIn: true })))
    .get('/regenerate', async (c) => {
      ;(await sessions.write(c.req.raw)).regenerate()
      return page(c)
    })
    .get('/sign-out', async (c) => {
      ;(await sessions.write(c.req.raw)).destroy()
      return c.html(html`${icon}<title>signed out</title>`)
    })
    .post('/guarded', async (c) => c.text(`${await state(c)}: ${await c.req.text()}`))
    .get('/state', async (c) => c.text(await state(c)))
    .get('/favicon.ico', (c) => c.body(null, 204))
    .get('*', page)
  const site: BoundApp = {
    fetch: (request, env) => app.fetch(request, env),
    events,
    refreshes: [],
    skipped: [],
    refresh: 'as it is',
    maxAge: undefined,
    later: 0,
  }
  return site
}
