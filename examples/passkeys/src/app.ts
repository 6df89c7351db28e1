import { isSessionError, MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { notFound, protectedScript } from '@fetch-sessions/example-shared/page'
import { session } from '@fetch-sessions/hono'
import { createLogin } from '@fetch-sessions/login'
import { type Context, Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { homePage, signInPage } from './pages.js'
import { Passkeys } from './passkeys.js'
import { passkeysScript } from './script.js'
import { type User, Users } from './users.js'

interface Data {
  /** What the authenticator is to sign, for one answer. The name is that of a new user. */
  challenge: { value: string; name?: string }
}

interface Settings {
  secret: string
  /** Where the application is, such as `https://example.com`. */
  origin: string
}

/** Sign-up and sign-in with a passkey, and no password anywhere. */
export function passkeys({ secret, origin }: Settings): { fetch: Hono['fetch'] } {
  const users = new Users()
  const sessions = new SessionManager<Data>({
    store: new MemoryStore(),
    secret,
    cookie: { secure: origin.startsWith('https:') },
  })
  const login = createLogin({
    sessions,
    secret,
    userId: (user: User) => user.id,
    loadUser: (id) => users.byId(id),
    credential: (user) => user.passkey.id,
  })
  const ceremonies = new Passkeys(origin)

  const app = new Hono().use(csrf()).use(session(sessions))

  app.get('/', async (c) => {
    c.header('Cache-Control', 'no-store')
    const user = await login.of(c.req.raw).user()
    return c.html(user === undefined ? signInPage() : homePage(user))
  })

  app.post('/sign-up/options', async (c) => {
    const { name } = await bodyOf(c)
    if (typeof name !== 'string' || !/^[\w.-]{2,24}$/.test(name))
      return c.json({ problem: 'Choose another name.' }, 422)
    if (users.byName(name) !== undefined) return c.json({ problem: 'Somebody has this name already.' }, 422)
    const options = await ceremonies.creationOptions(name)
    ;(await c.var.session.write()).set('challenge', { value: options.challenge, name })
    return c.json(options)
  })

  app.post('/sign-up', async (c) => {
    const { value, name } = (await takeChallenge(c.var.session)) ?? {}
    if (value === undefined || name === undefined) return c.json({ problem: 'That took too long. Begin anew.' }, 400)
    const passkey = await ceremonies.created(await bodyOf(c), value)
    if (passkey === undefined) return c.json({ problem: 'That passkey is not right.' }, 400)
    const user = users.create(name, passkey)
    if (user === undefined) return c.json({ problem: 'Somebody has this name already.' }, 422)
    await login.of(c.req.raw).signIn(user, { factor: 'passkey' })
    return c.json({ next: '/' })
  })

  app.post('/sign-in/options', async (c) => {
    const options = await ceremonies.requestOptions()
    ;(await c.var.session.write()).set('challenge', { value: options.challenge })
    return c.json(options)
  })

  app.post('/sign-in', async (c) => {
    const { value, name } = (await takeChallenge(c.var.session)) ?? {}
    if (value === undefined || name !== undefined) return c.json({ problem: 'That took too long. Begin anew.' }, 400)
    const answer = await bodyOf(c)
    const user = users.byPasskey(answer.id)
    if (user === undefined || !(await ceremonies.used(answer, value, user.passkey))) {
      return c.json({ problem: 'Nobody signs in with that passkey here.' }, 401)
    }
    await login.of(c.req.raw).signIn(user, { factor: 'passkey' })
    return c.json({ next: '/' })
  })

  app.post('/sign-out', async (c) => {
    await login.of(c.req.raw).signOut()
    return c.redirect('/', 303)
  })

  app.get('/passkeys.js', (c) => c.body(passkeysScript, 200, { 'Content-Type': 'text/javascript' }))
  app.get('/protected.js', (c) => c.body(protectedScript, 200, { 'Content-Type': 'text/javascript' }))

  app.notFound((c) => notFound(c.req.raw))

  return app
}

/** Gone with the first answer, right or wrong, of however many come at once. */
async function takeChallenge(handle: SessionHandle<Data>): Promise<Data['challenge'] | undefined> {
  if (!(await handle.read()).has('challenge')) return undefined
  try {
    return await handle.exclusive((session) => session.take('challenge'))
  } catch (error) {
    // Another answer at the same moment has signed the visitor in.
    if (isSessionError(error) && error.code === 'ERR_SESSION_DESTROYED') return undefined
    throw error
  }
}

/** What a browser has sent. What is no JSON is empty, and so no right answer to anything. */
// biome-ignore lint/suspicious/noExplicitAny: the library checks it
async function bodyOf(c: Context): Promise<any> {
  const body: unknown = await c.req.json().catch(() => undefined)
  return typeof body === 'object' && body !== null ? body : {}
}
