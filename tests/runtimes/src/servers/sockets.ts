import type { SessionEvent, SessionHandle } from '@fetch-sessions/core'
import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { session } from '@fetch-sessions/hono'
import { Hono, type MiddlewareHandler } from 'hono'
import type { UpgradeWebSocket } from 'hono/ws'
import type { Data } from './routes.js'

/** What was told of responses that could not carry their cookie. */
export const dropped: SessionEvent[] = []

export const sessions: SessionManager<Data> = new SessionManager<Data>({
  store: new MemoryStore(),
  secret: 'thirty-two bytes of secret, at least',
  onEvent: (event) => {
    if (event.type === 'dropped') dropped.push(event)
  },
})

/** What a socket answers to a message: the count by now. */
export async function answer(handle: SessionHandle<Data>): Promise<string> {
  await handle.save((session) => void session.update('count', (n = 0) => n + 1))
  return String((await handle.read()).get('count'))
}

/**
 * A socket that uses its session before the upgrade (`/sockets/hono/first`), and one that does only when a message comes
 * (`/sockets/hono/late`).
 */
export function honoSockets(upgradeWebSocket: UpgradeWebSocket): Pick<Hono, 'fetch'> {
  const start: MiddlewareHandler = async (c, next) => {
    ;(await c.get('session').write()).set('count', 1)
    await next()
  }
  const upgrade = upgradeWebSocket((c) => ({
    onMessage: (_event, socket) => void answer(c.get('session')).then((text) => socket.send(text), String),
  }))
  const app = new Hono().basePath('/sockets/hono').use(session(sessions))
  app.get('/start', async (c) => {
    ;(await c.var.session.write()).set('count', 1)
    return c.text('started')
  })
  app.get('/first', start, upgrade).get('/late', upgrade)
  app.get('/dropped', (c) => c.json(dropped.length))
  return app
}
