import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { browserName } from '@fetch-sessions/example-shared/browser-name'
import { formsScript, notFound, protectedScript } from '@fetch-sessions/example-shared/page'
import { session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { createMiddleware } from 'hono/factory'
import { accountPage, signInPage } from './pages.js'
import { SignIns } from './sign-ins.js'
import { isPasswordOf } from './users.js'

interface Visitor {
  user: string
  /** Shown once, on the next page. */
  flash: string
}

type SignInForm = { name: string; password: string; form?: string; remember?: string }

const DAY = 86_400

export function signIn(secret: string): { fetch: Hono['fetch'] } {
  const sessions = new SessionManager<Visitor>({
    store: new MemoryStore(),
    secret,
    idleTimeout: DAY / 24,
    absoluteTimeout: DAY,
    cookie: {
      // The browser forgets the cookie when it closes, unless the visitor ticks "remember me".
      persistent: false,
      // This example speaks plain http, over which some clients do not send Secure cookies. In production leave it out.
      secure: process.env.NODE_ENV === 'production',
    },
  })
  const signIns = new SignIns()

  /** For pages that only a signed-in user may see. No cache stores them; for the back button see protectedScript. */
  const signedIn = createMiddleware<{ Variables: { user: string } }>(async (c, next) => {
    c.header('Cache-Control', 'no-store')
    const user = (await sessions.read(c.req.raw)).get('user')
    if (user === undefined) return c.redirect('/sign-in', 303)
    c.set('user', user)
    return next()
  })

  // SameSite=Lax keeps the cookie from what other sites post. csrf() checks the Origin as well, since for SameSite a
  // subdomain is no other site. Nothing changes on GET.
  const app = new Hono().use(csrf()).use(session(sessions))

  app.get('/', (c) => c.redirect('/account', 303))

  app.get('/sign-in', async (c) => {
    if ((await c.var.session.read()).has('user')) return c.redirect('/account', 303)
    return c.html(signInPage())
  })

  app.post('/sign-in', async (c) => {
    const { name, password, form, remember } = await c.req.parseBody<SignInForm>()
    const isSignedIn = await signIns.once(`${name} ${form ?? crypto.randomUUID()}`, async (earlier) => {
      if (!(await isPasswordOf(String(name), String(password)))) return undefined
      if (earlier !== undefined) await sessions.destroy(earlier)
      const session = await c.var.session.write()
      session.clear() // Nothing of whoever used this browser before,
      session.regenerate({ restart: true }) // and a new id: whoever knew the old one is not signed in with it.
      session.setOwner(String(name))
      session.setLabel(browserName(c.req.header('User-Agent')))
      session.set('user', String(name))
      session.set('flash', 'You are signed in.')
      const remembered = { persistent: true, idleTimeout: 14 * DAY, absoluteTimeout: 90 * DAY }
      // Also where nothing was ticked: the session that was here before may have been a remembered one.
      session.setLifetime(remember === undefined ? undefined : remembered)
      await c.var.session.save() // Before the form is handled that was sent after this one.
      return session.id
    })
    return isSignedIn ? c.redirect('/account', 303) : c.html(signInPage({ failed: true, name: String(name) }), 401)
  })

  app.get('/account', signedIn, async (c) => {
    const session = await c.var.session.write()
    const list = await sessions.listByOwner(c.var.user)
    return c.html(
      accountPage({
        user: c.var.user,
        flash: session.take('flash'),
        current: session.id,
        // The visitor's own first, then the newest.
        sessions: list.sort(
          (a, b) => Number(b.id === session.id) - Number(a.id === session.id) || b.createdAt - a.createdAt,
        ),
      }),
    )
  })

  app.post('/sign-out', async (c) => {
    ;(await c.var.session.write()).destroy()
    return c.redirect('/sign-in', 303)
  })

  app.post('/sign-out-others', signedIn, async (c) => {
    const session = await c.var.session.write()
    await sessions.destroyByOwner(c.var.user, { except: session.id })
    session.set('flash', 'You are signed out everywhere else.')
    return c.redirect('/account', 303)
  })

  app.post('/sign-out-everywhere', signedIn, async (c) => {
    ;(await c.var.session.write()).destroy()
    await sessions.destroyByOwner(c.var.user)
    return c.redirect('/sign-in', 303)
  })

  app.get('/protected.js', (c) => c.body(protectedScript, 200, { 'Content-Type': 'text/javascript' }))
  app.get('/forms.js', (c) => c.body(formsScript, 200, { 'Content-Type': 'text/javascript' }))

  app.notFound((c) => notFound(c.req.raw))

  return app
}
