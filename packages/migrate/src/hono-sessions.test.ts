import { Hono } from 'hono'
import { CookieStore, MemoryStore, type Session, sessionMiddleware } from 'hono-sessions'
import { describe, expect, it } from 'vitest'
import { fromHonoSessions, type HonoSessionsOptions } from './hono-sessions.js'
import { Jar } from './testing/jar.js'
import { later, moves, type OldApp } from './testing/moves.js'
import { NewApp, type NewData, oldData } from './testing/new-app.js'

const encryptionKey = 'a key of hono-sessions, which is long enough'

type Options = HonoSessionsOptions<NewData, NewData>

/** As its records are in a database: as text. */
class TextStore extends MemoryStore {
  override getSessionById(sid: string): ReturnType<MemoryStore['getSessionById']> {
    return JSON.parse(JSON.stringify(super.getSessionById(sid) ?? null))
  }
}

const open = (make: () => object) => async (): Promise<OldApp> => {
  const options = make()
  const app = new Hono<{ Variables: { session: Session } }>()
  app.use(sessionMiddleware(options as never))
  app.post('/', async (c) => {
    for (const [key, value] of Object.entries(await c.req.json())) c.get('session').set(key, value)
    return c.body(null)
  })
  app.post('/flash', (c) => {
    c.get('session').flash('note' as never, 'saved' as never)
    return c.body(null)
  })
  app.get('/', (c) => {
    const session = c.get('session')
    const user = session.get('user')
    return c.json(user === null ? {} : { user, cart: session.get('cart') })
  })
  return {
    isStateless: !('store' in options) || options.store instanceof CookieStore,
    from: () => fromHonoSessions<NewData, NewData>(options as Options),
    async signIn(data) {
      const path = 'flash' in data ? '/flash' : '/'
      return (await app.request(path, { method: 'POST', body: JSON.stringify(data) })).headers.getSetCookie()
    },
    see: async (header) => (await app.request('/', { headers: { cookie: header } })).json(),
  }
}

moves(
  'hono-sessions with its data in the cookie',
  open(() => ({ store: new CookieStore(), encryptionKey, expireAfterSeconds: 3600 })),
)
moves(
  'hono-sessions with a store, and the id in the cookie encrypted',
  open(() => ({ store: new TextStore(), encryptionKey })),
)
moves(
  'hono-sessions with a store alone',
  open(() => ({ store: new TextStore() })),
)
moves(
  'hono-sessions with another name, prefix and place of its cookie',
  open(() => ({
    store: new CookieStore(),
    encryptionKey: () => encryptionKey,
    sessionCookieName: 'old',
    cookieOptions: { prefix: 'secure', secure: true, path: '/app', domain: 'example.com' },
  })),
)

describe('hono-sessions', () => {
  const signedIn = async (old: OldApp, data: object = oldData): Promise<string> =>
    new Jar().take(await old.signIn(data)).header

  it.each([
    ['the cookie', () => ({ store: new CookieStore(), encryptionKey, expireAfterSeconds: 60 })],
    ['a store', () => ({ store: new TextStore(), expireAfterSeconds: 60 })],
  ])('is over when its data in %s says so', async (_name, make) => {
    const old = await open(make)()
    const header = await signedIn(old)
    const app = new NewApp([old.from()])
    await later(61, async () => expect(await app.see(header)).toEqual({}))
    expect(app.rejections()).toHaveLength(1)
    expect(await app.see(header)).toEqual(oldData)
  })

  it('brings flash values as well, and nothing of guests who have none', async () => {
    const old = await open(() => ({ store: new TextStore(), encryptionKey }))()
    const app = new NewApp([old.from()])
    expect(await app.see(await signedIn(old, { flash: true }))).toEqual({ note: 'saved' })
    const guest = new Jar().take(await old.signIn({}))
    expect(await app.visit(guest)).toEqual({})
    expect(guest.names).toEqual(['session'])
  })

  it.each([
    [{}, 'encryptionKey of hono-sessions must be the key that it had'],
    [{ store: new CookieStore() }, 'encryptionKey of hono-sessions must be'],
    [{ store: new CookieStore(), encryptionKey: 'short' }, 'encryptionKey of hono-sessions must be'],
    [{ store: {} }, 'store of hono-sessions must be the store that it had'],
    [{ encryptionKey, sessionCookieName: 'a b' }, 'sessionCookieName of hono-sessions must be'],
  ])('refuses what can not work (%#)', (wrong, message) => {
    expect(() => fromHonoSessions(wrong as never)).toThrow(message)
  })
})
