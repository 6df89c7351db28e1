import { CookieStore, MemoryStore, SessionManager } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'
import { session as hono } from '@fetch-sessions/hono'
import { session as itty, type SessionRequest } from '@fetch-sessions/itty-router'
import { Hono } from 'hono'
import { AutoRouter } from 'itty-router'
import { constants } from './constants.js'
import { type Data, routes } from './routes.js'

export type Respond = (request: Request) => Response | Promise<Response>
type Adapters = Record<string, Respond>

const noPage = (): Response => new Response('no such page', { status: 404 })

/** The pages under `/fetch`, `/hono` and `/itty-router`. */
function pages(sessions: SessionManager<Data>): Adapters {
  const honoApp = new Hono().basePath('/hono').use(hono(sessions))
  const ittyRouter = AutoRouter({ base: '/itty-router', ...itty(sessions) })
  for (const [path, route] of Object.entries(routes)) {
    honoApp.all(path, (c) => route(c.var.session, c.req.raw))
    ittyRouter.all(path, (request: SessionRequest<Data>) => route(request.session, request))
  }
  return {
    fetch: withSession((request, session) => {
      const route = routes[new URL(request.url).pathname.replace('/fetch', '')]
      return route?.(session, request) ?? noPage()
    }, sessions),
    hono: honoApp.fetch,
    'itty-router': ittyRouter.fetch,
  }
}

/** The same manager once more around them: the inner one gets another Request. `?outside=` says what the outer one does. */
function nested(sessions: SessionManager<Data>, inner: Adapters): Adapters {
  const goIn = (name: string, request: Request): Response | Promise<Response> => {
    const url = request.url.replace('/nested/', '/')
    return (inner[name] as Respond)(new Request(url, { method: request.method, headers: request.headers }))
  }
  const before = async (request: Request): Promise<void> => {
    const outside = new URL(request.url).searchParams.get('outside')
    if (outside === 'read') await sessions.read(request)
    if (outside === 'write') (await sessions.write(request)).update('outside', (n = 0) => n + 1)
  }
  const honoApp = new Hono().use(hono(sessions, { as: 'outer' })).use(async (c, next) => {
    await before(c.req.raw)
    await next()
  })
  honoApp.mount('/nested', (request) => (inner.hono as Respond)(request))
  const ittyRouter = AutoRouter({ ...itty(sessions) })
  ittyRouter.all('*', async (request: SessionRequest<Data>) => {
    await before(request as unknown as Request)
    return goIn('itty-router', request as unknown as Request)
  })
  return {
    fetch: withSession(async (request) => {
      await before(request)
      return goIn('fetch', request)
    }, sessions),
    hono: honoApp.fetch,
    'itty-router': ittyRouter.fetch,
  }
}

const secret = 'thirty-two bytes of secret, at least'
const stored = new SessionManager<Data>({ store: new MemoryStore(), secret })
const carried = new SessionManager<Data>({ store: new CookieStore(), secret })
const inMemory = pages(stored)

const apps: Record<string, Adapters> = {
  '': inMemory,
  nested: nested(stored, inMemory),
  'nested-cookies': nested(carried, pages(carried)),
}

/**
 * The same pages under `/fetch`, `/hono` and `/itty-router`, under `/nested/…` with the same manager outside, under
 * `/nested-cookies/…` with sessions in cookies; and under `/outside/…` what some of them return, without a middleware.
 */
export const respond: Respond = (request) => {
  const [, first = '', second = '', third = ''] = new URL(request.url).pathname.split('/')
  if (first === 'outside') return constants[second]?.() ?? noPage()
  if (first === 'nested-cookies') {
    const url = request.url.replace('/nested-cookies/', '/nested/')
    return apps[first]?.[second]?.(new Request(url, { method: request.method, headers: request.headers })) ?? noPage()
  }
  const respond = first in apps ? apps[first]?.[second] : apps['']?.[first]
  return respond?.(request) ?? new Response(`no such adapter ${third}`, { status: 404 })
}
