import { Hono } from 'hono'
import { MemoryStore, sessionMiddleware } from 'hono-sessions'
import { newData, SECRET, slowed } from './visit.js'

const COOKIE = { path: '/', httpOnly: true, secure: true, sameSite: 'Lax' }

/** Set up as its README advises: the id in the cookie is encrypted. */
export function honoSessions({ size, delay, store: own = new MemoryStore() } = {}) {
  const calls = { count: 0 }
  const methods = ['getSessionById', 'createSession', 'persistSessionData', 'deleteSession']
  const store = slowed(own, methods, { delay, calls })
  const { pad } = newData(size)
  const { fetch } = new Hono()
    .use(sessionMiddleware({ store, encryptionKey: SECRET, expireAfterSeconds: 86_400, cookieOptions: COOKIE }))
    .get('/plain', (c) => c.text('plain'))
    .get('/read', (c) => c.text(String(c.get('session').get('count') ?? 0)))
    .get('/write', (c) => {
      const session = c.get('session')
      const count = session.get('count') ?? 0
      if (count === 0) session.set('pad', pad)
      session.set('count', count + 1)
      return c.text(String(count + 1))
    })
  return { fetch, calls }
}
