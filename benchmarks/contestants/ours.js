// fetch-sessions, with each adapter and each store.
import { CookieStore, MemoryStore, SessionManager } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'
import { session as honoSession } from '@fetch-sessions/hono'
import { session as ittySession } from '@fetch-sessions/itty-router'
import { Hono } from 'hono'
import { AutoRouter } from 'itty-router'
import { fetchHandler, newData, SECRET, slowed } from './visit.js'

const STORE_METHODS = ['load', 'create', 'update', 'touch', 'delete']

export const oursFetch = (options) =>
  ours(options, (sessions, { read, write }) => ({
    fetch: fetchHandler({
      plain: withSession(() => new Response('plain'), sessions),
      read: withSession(async (_request, handle) => new Response(String(await read(handle))), sessions),
      write: withSession(async (_request, handle) => new Response(String(await write(handle))), sessions),
    }),
  }))

export const oursHono = (options) =>
  ours(options, (sessions, { read, write }) => {
    const { fetch } = new Hono()
      .use(honoSession(sessions))
      .get('/plain', (c) => c.text('plain'))
      .get('/read', async (c) => c.text(String(await read(c.get('session')))))
      .get('/write', async (c) => c.text(String(await write(c.get('session')))))
    return { fetch }
  })

export const oursHonoCookie = (options) => oursHono({ ...options, store: new CookieStore() })

export const oursIttyRouter = (options) =>
  ours(options, (sessions, { read, write }) => {
    const router = AutoRouter({ ...ittySession(sessions) })
    router.get('/plain', () => new Response('plain'))
    router.get('/read', async ({ session }) => new Response(String(await read(session))))
    router.get('/write', async ({ session }) => new Response(String(await write(session))))
    return { fetch: router.fetch }
  })

/**
 * `store` and `signer` are the manager's options. `makeApp` has its sessions, and what the routes do with a handle; it
 * returns `{ fetch }` or `{ listen }`.
 */
export function ours(
  { maxSessions = 100_000, store = new MemoryStore({ maxSessions }), signer, size, delay } = {},
  makeApp,
) {
  const calls = { count: 0 }
  const sessions = new SessionManager({ store: slowed(store, STORE_METHODS, { delay, calls }), secret: SECRET, signer })
  const { pad } = newData(size)
  const read = async (handle) => (await handle.read()).get('count') ?? 0
  const write = async (handle) => {
    const session = await handle.write()
    if (session.isNew) session.set('pad', pad)
    return session.update('count', (count = 0) => count + 1)
  }
  const app = { ...makeApp(sessions, { read, write }), calls, store }
  if (store instanceof MemoryStore) app.seed = (count) => seed(store, sessions, count, newData(size))
  return app
}

/**
 * Cookies of new sessions that this process has not seen yet, made as docs/cookie-format.md says: a million of them
 * takes seconds.
 */
async function seed(store, sessions, count, data) {
  const { createHash, createHmac, hkdfSync, randomBytes } = await import('node:crypto')
  const { id, cookie } = await sessions.issue({ ...data, count: 1 })
  const record = store.load(id)
  store.delete(id)
  const name = cookie.slice(0, cookie.indexOf('='))
  const key = Buffer.from(hkdfSync('sha256', SECRET, '', 'fetch-sessions/v1/sign', 32))
  return Array.from({ length: count }, () => {
    const bytes = randomBytes(32)
    const token = bytes.toString('base64url')
    const mac = createHmac('sha256', key).update(`${name}=${token}`).digest('base64url')
    store.create(createHash('sha256').update(bytes).digest('base64url'), record)
    return `${name}=${token}.${mac}`
  })
}
