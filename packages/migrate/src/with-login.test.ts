import { CookieStore, isSessionError, MemoryStore, SessionManager } from '@fetch-sessions/core'
import { TestClock } from '@fetch-sessions/core/testing'
import { session } from '@fetch-sessions/hono'
import { createLogin } from '@fetch-sessions/login'
import cookieSignature from 'cookie-signature'
import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { describe, expect, it } from 'vitest'
import { fromExpressSession, movingIn } from './index.js'
import { Jar } from './testing/jar.js'

interface User {
  id: string
  name: string
}

interface Data {
  movedUser: string
  cart: string[]
}

const secret = 'thirty-two bytes of secret, at least'
const users = new Map<string, User>([['7', { id: '7', name: 'Ada' }]])

/** The application of docs/moving-in.md, "Who is signed in". */
function application(store: MemoryStore | CookieStore) {
  const clock = new TestClock()
  const records = new Map<string, object>()
  const sessions = movingIn(
    new SessionManager<Data>({ store: store as MemoryStore, secret, now: clock.now, cookie: { secure: false } }),
    [
      fromExpressSession({
        secret: 'old',
        store: {
          kind: 'records',
          get: async (sid: string) => records.get(sid),
          destroy: async (sid: string) => records.delete(sid),
        },
        map: (old: { passport?: { user: string }; cart?: string[] }) => ({
          movedUser: old.passport?.user,
          cart: old.cart,
        }),
        owner: (old) => old.passport?.user,
      }),
    ],
  )
  const login = createLogin<User>({
    sessions,
    secret,
    userId: (user) => user.id,
    loadUser: (id) => users.get(id),
    credential: (user) => user.name,
  })
  /** What brings the old cookie alone, and is not answered yet. */
  const underWay: Promise<unknown>[] = []
  const mayPass = login.guard()
  const app = new Hono()
    .use(session(sessions))
    .use(async (c, next) => {
      const isPage = c.req.method === 'GET' && c.req.header('Accept')?.includes('text/html')
      const hasOurs = getCookie(c, sessions.cookie.name) !== undefined
      if (isPage && hasOurs) {
        const id = (await c.var.session.read()).get('movedUser')
        const user = id === undefined ? undefined : users.get(id)
        if (user !== undefined) {
          // In the documents: for three seconds since the move.
          await Promise.all(underWay)
          try {
            await login.of(c.req.raw).signIn(user, { keep: ['cart'], remember: { idleTimeout: 86_400 } })
          } catch (error) {
            if (isSessionError(error) && error.code === 'ERR_SESSION_DESTROYED') return c.redirect(c.req.url)
            throw error
          }
        }
      }
      return next()
    })
    .get('/sign-in', async (c) => {
      const user = await login.of(c.req.raw).user()
      return user ? c.redirect(login.safeNext(c.req.query('next'), '/')) : c.text('Who are you?')
    })
    .get('/', async (c) => {
      const refused = await mayPass(c.req.raw)
      if (refused !== undefined) return refused
      const auth = login.of(c.req.raw)
      const cart = (await c.var.session.read()).get('cart')
      return c.text(`${(await auth.user())?.name} ${cart} ${await auth.isFresh(300)}`)
    })
  const visitor = (user: string): Jar => {
    records.set(`sid-${user}`, { passport: { user }, cart: ['tea'], cookie: {} })
    return new Jar().take([
      `connect.sid=${encodeURIComponent(`s:${cookieSignature.sign(`sid-${user}`, 'old')}`)}; Path=/`,
    ])
  }
  /** A request of this browser, which goes where the answer leads. */
  const visit = async (jar: Jar, accept = 'text/html', cookie = jar.header): Promise<string> => {
    let path: string | null = '/'
    let answer = ''
    for (let hops = 0; path !== null && hops < 5; hops++) {
      const headers = { cookie: hops === 0 ? cookie : jar.header, accept }
      const visiting = Promise.resolve(app.request(`http://localhost${path}`, { headers })).then((response) => {
        jar.take(response.headers.getSetCookie())
        return response
      })
      if (!/(^|; )sid=/.test(headers.cookie)) underWay.push(visiting)
      const response: Response = await visiting
      answer = await response.text()
      path = response.headers.get('Location')
    }
    return answer
  }
  return { sessions, clock, visitor, visit }
}

describe.each<[string, () => MemoryStore | CookieStore]>([
  ['in a store', () => new MemoryStore()],
  ['in their cookies', () => new CookieStore()],
])('a visitor who moves in with sessions %s, where login says who is signed in,', (_name, store) => {
  it('is signed in by the first page, with what was kept, and has not shown who it is', async () => {
    const { visit, visitor, clock } = application(store())
    const jar = visitor('7')
    expect(await visit(jar)).toBe('Ada tea false')
    expect(await visit(jar, 'application/json')).toBe('Ada tea false')
    clock.advance(61)
    expect(await visit(jar)).toBe('Ada tea false')
    expect(jar.names).toEqual(['sid'])
  })

  it('is signed in although other requests bring the old cookie at the same time', async () => {
    const { visit, visitor, sessions } = application(store())
    const jar = visitor('7')
    const { header } = jar
    const kinds = ['application/json', 'text/html', 'application/json', 'text/html', 'application/json']
    await Promise.all(kinds.map((accept) => visit(jar, accept, header)))
    expect(await visit(jar)).toBe('Ada tea false')
    const answers = await Promise.all(kinds.map((accept) => visit(jar, accept)))
    expect(new Set(answers)).toEqual(new Set(['Ada tea false']))
    if (sessions.supports('listByOwner')) expect((await sessions.listByOwner('7')).length).toBeGreaterThan(0)
  })

  it('is nobody where the user is gone', async () => {
    const { visit, visitor } = application(store())
    expect(await visit(visitor('8'))).toBe('Who are you?')
  })
})
