import { isSessionError, MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { formsScript, notFound, protectedScript } from '@fetch-sessions/example-shared/page'
import { session } from '@fetch-sessions/hono'
import { createLogin } from '@fetch-sessions/login'
import { guard } from '@fetch-sessions/login/hono'
import { Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { type Flow, OpenIdProvider, type ProviderSettings } from './openid-provider.js'
import { homePage, signInPage } from './pages.js'
import { type User, Users } from './users.js'

type Begun = Flow & { next: string }

interface Data {
  /** The sign-ins that this browser has begun, one in each tab. */
  flows: Begun[]
}

/** How many of them are kept. */
const MAX_FLOWS = 5

interface Settings {
  secret: string
  /** Where the application is, such as `https://example.com`. */
  origin: string
  provider: ProviderSettings
}

/** Sign-in with an OpenID provider: Google, Microsoft, Keycloak, or the one in local-provider.ts. */
export function oauth({ secret, origin, provider: settings }: Settings): { fetch: Hono['fetch'] } {
  const users = new Users()
  const sessions = new SessionManager<Data>({
    store: new MemoryStore(),
    secret,
    // Not 'strict': the visitor comes back from another site, and the session has to come along.
    cookie: { sameSite: 'lax', secure: origin.startsWith('https:') },
  })
  const login = createLogin({
    sessions,
    secret,
    userId: (user: User) => user.id,
    loadUser: (id) => users.byId(id),
    // Nobody has a password here: what changes when all sessions of the user are to end.
    credential: (user) => user.since,
  })
  const provider = new OpenIdProvider(settings, `${origin}/callback`)

  const app = new Hono().use(csrf()).use(session(sessions))

  app.get('/', guard(login), async (c) => {
    c.header('Cache-Control', 'no-store')
    return c.html(homePage(c.var.user))
  })

  app.get('/sign-in', async (c) => {
    const next = login.safeNext(c.req.query('next'), '/')
    if ((await login.of(c.req.raw).user()) !== undefined) return c.redirect(next, 303)
    return c.html(signInPage({ next }))
  })

  app.post('/sign-in', async (c) => {
    const { next } = await c.req.parseBody()
    const { address, flow } = await provider.begin()
    const begun = { ...flow, next: login.safeNext(next, '/') }
    const session = await c.var.session.write()
    session.update('flows', (flows = []) => [...flows, begun].slice(-MAX_FLOWS))
    return c.redirect(address.href, 303)
  })

  app.get('/callback', async (c) => {
    const flow = await takeFlow(c.var.session, c.req.query('state'))
    if (flow === undefined) {
      // Such as a reload of this page.
      if ((await login.of(c.req.raw).user()) !== undefined) return c.redirect('/', 303)
      return c.html(signInPage({ next: '/', wrong: 'That sign-in is over. Begin anew.' }), 400)
    }
    const { search } = new URL(c.req.url)
    const claims = await provider.finish(new URL(`${origin}/callback${search}`), flow)
    if (claims === undefined) return c.html(signInPage({ next: flow.next, wrong: 'You are not signed in.' }), 400)
    await login.of(c.req.raw).signIn(users.keep(claims), { factor: 'oauth' })
    return c.redirect(flow.next, 303)
  })

  app.post('/sign-out', async (c) => {
    await login.of(c.req.raw).signOut()
    return c.redirect('/sign-in', 303)
  })

  app.get('/forms.js', (c) => c.body(formsScript, 200, { 'Content-Type': 'text/javascript' }))
  app.get('/protected.js', (c) => c.body(protectedScript, 200, { 'Content-Type': 'text/javascript' }))

  app.notFound((c) => notFound(c.req.raw))

  return app
}

/**
 * What was kept for this state: gone with the first answer, right or wrong, of however many come at once. An answer to what
 * this browser has not asked takes nothing.
 */
async function takeFlow(handle: SessionHandle<Data>, state: string | undefined): Promise<Begun | undefined> {
  const isAsked = (flow: { state: string }): boolean => flow.state === state
  if (!(await handle.read()).get('flows')?.some(isAsked)) return undefined
  try {
    return await handle.exclusive((session) => {
      const flow = session.get('flows')?.find(isAsked)
      session.update('flows', (flows = []) => flows.filter((each) => !isAsked(each)))
      return flow
    })
  } catch (error) {
    // Another answer at the same moment has signed the visitor in.
    if (isSessionError(error) && error.code === 'ERR_SESSION_DESTROYED') return undefined
    throw error
  }
}
