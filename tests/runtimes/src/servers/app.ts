import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'
import { session as hono } from '@fetch-sessions/hono'
import { session as itty, type SessionRequest } from '@fetch-sessions/itty-router'
import { Hono } from 'hono'
import { AutoRouter } from 'itty-router'
import { type Data, routes } from './routes.js'

type Respond = (request: Request) => Response | Promise<Response>

const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret: 'thirty-two bytes of secret, at least' })

const honoApp = new Hono().basePath('/hono').use(hono(sessions))
const ittyRouter = AutoRouter({ base: '/itty-router', ...itty(sessions) })

for (const [path, route] of Object.entries(routes)) {
  honoApp.all(path, (c) => route(c.var.session, c.req.raw))
  ittyRouter.all(path, (request: SessionRequest<Data>) => route(request.session, request))
}

const adapters: Record<string, Respond> = {
  fetch: withSession((request, session) => {
    const route = routes[new URL(request.url).pathname.replace('/fetch', '')]
    return route?.(session, request) ?? new Response('no such page', { status: 404 })
  }, sessions),
  hono: honoApp.fetch,
  'itty-router': ittyRouter.fetch,
}

/** The same pages under `/fetch`, `/hono` and `/itty-router`. */
export const respond: Respond = (request) => {
  const [, name = ''] = new URL(request.url).pathname.split('/')
  return adapters[name]?.(request) ?? new Response('no such adapter', { status: 404 })
}
