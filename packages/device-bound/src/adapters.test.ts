import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { withSession } from '@fetch-sessions/fetch'
import { session as honoSession } from '@fetch-sessions/hono'
import { session as ittySession } from '@fetch-sessions/itty-router'
import { Hono } from 'hono'
import { AutoRouter, type IRequest, Router } from 'itty-router'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { type DeviceBound, deviceBound, middleware } from './index.js'
import { Browser } from './testing/browser.js'

interface Data {
  user: string
}

type Fetch = (request: Request) => Promise<Response>
type Make = (sessions: SessionManager<Data>, bound: DeviceBound<Data>) => Fetch

/** Each has a sign-in, a page that shows who is signed in, and one with a guard. */
const adapters: Record<string, Make> = {
  Hono: (sessions, bound) => {
    const app = new Hono()
      .use(honoSession(sessions))
      .use(middleware(bound.handle))
      .use('/account', middleware(bound.guard()))
      .get('/sign-in', async (c) => {
        const session = await c.var.session.write()
        session.regenerate()
        session.set('user', 'ada')
        return bound.register(c.req.raw, c.redirect('/', 303))
      })
      .get('/account', async (c) => c.text((await c.var.session.read()).get('user') ?? 'nobody'))
      .get('/', async (c) => c.text(await bound.state(c.req.raw)))
    return async (request) => app.fetch(request)
  },
  'itty-router, Router': (sessions, bound) => {
    const hooks = ittySession(sessions)
    const router = Router({ before: [...hooks.before, bound.handle], catch: hooks.catch, finally: [...hooks.finally] })
    router
      .get('/sign-in', (request) => signIn(sessions, bound, request))
      .get('/account', bound.guard(), async (request) => page(sessions, request))
      .get('/', async (request: IRequest) => new Response(await bound.state(request as unknown as Request)))
    return router.fetch
  },
  'itty-router, AutoRouter': (sessions, bound) => {
    const hooks = ittySession(sessions)
    const router = AutoRouter({ ...hooks, before: [...hooks.before, bound.handle] })
    router
      .get('/sign-in', (request: IRequest) => signIn(sessions, bound, request))
      .get('/account', bound.guard(), async (request: IRequest) => page(sessions, request))
      .get('/', async (request: IRequest) => new Response(await bound.state(request as unknown as Request)))
    return router.fetch
  },
  fetch: (sessions, bound) =>
    withSession(async (request, handle) => {
      const answer = bound.handle(request)
      if (answer !== undefined) return answer
      const { pathname } = new URL(request.url)
      if (pathname === '/sign-in') return signIn(sessions, bound, request)
      if (pathname === '/') return new Response(await bound.state(request))
      return (await bound.guard()(request)) ?? new Response((await handle.read()).get('user') ?? 'nobody')
    }, sessions),
}

async function signIn(
  sessions: SessionManager<Data>,
  bound: DeviceBound<Data>,
  request: Request | IRequest,
): Promise<Response> {
  const session = await sessions.write(request as Request)
  session.regenerate()
  session.set('user', 'ada')
  return bound.register(request as Request, Response.redirect('https://shop.example/', 303))
}

async function page(sessions: SessionManager<Data>, request: Request | IRequest): Promise<Response> {
  return new Response((await sessions.read(request as Request)).get('user') ?? 'nobody')
}

describe.each(Object.entries(adapters))('with %s', (_, make) => {
  const start = (): Browser => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    return new Browser(make(sessions, deviceBound(sessions)), 'ES256')
  }

  it('a session is bound, renewed, and worth nothing elsewhere', async () => {
    const browser = start()
    const response = await browser.ask('/sign-in')
    expect([response.status, response.headers.get('location')]).toEqual([303, expect.stringMatching(/\/$/)])
    expect(await browser.visit('/')).toBe('proven')
    const thief = browser.stolen()
    thief.loseBoundCookie()
    expect([await thief.visit('/'), (await thief.ask('/account')).status]).toEqual(['missing', 401])
    browser.loseBoundCookie()
    expect([await browser.visit('/account'), await browser.visit('/')]).toEqual(['ada', 'proven'])
  })

  it('a forged registration gets no cookie', async () => {
    const browser = start()
    await browser.visit('/sign-in')
    const before = new Map(browser.cookies)
    expect((await browser.post('/device-bound/register', 'a.b.c')).status).toBe(400)
    expect(browser.cookies).toEqual(before)
  })
})
