import { randomBytes } from 'node:crypto'
import { MemoryStore, type SessionOptions, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import type { App } from './site.js'

interface Counted {
  count: number
}

/** An app that counts for each visitor at /count, by any method, shows the count everywhere else, and forgets at /sign-out. */
export function countingApp(options: Partial<SessionOptions<Counted>> = {}): App {
  const secret = randomBytes(32)
  const app = new Hono().use(session<Counted>({ store: new MemoryStore(), secret, ...options }))
  app.all('/count', async (c) => c.text(String((await c.var.session.write()).update('count', (n = 0) => n + 1))))
  app.all('/sign-out', async (c) => {
    ;(await c.var.session.write()).destroy()
    return c.text('signed out')
  })
  app.all('*', async (c) => c.text(String((await c.var.session.read()).get('count') ?? 0)))
  return app
}
