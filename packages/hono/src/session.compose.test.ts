import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { csrf } from 'hono/csrf'
import { methodOverride } from 'hono/method-override'
import { secureHeaders } from 'hono/secure-headers'
import { timeout } from 'hono/timeout'
import { describe, expect, it } from 'vitest'
import { session } from './session.js'

interface Counted {
  count: number
}

type App = Hono<{ Variables: { session: SessionHandle<Counted> } }>

const orders = ['session first', 'session last'] as const

/** An app that counts, with another middleware before or behind the sessions. */
function appWith(
  order: (typeof orders)[number],
  other: (app: App) => MiddlewareHandler,
): { app: App; sessions: SessionManager<Counted>; count(cookie: string): Promise<number | undefined> } {
  const sessions = new SessionManager<Counted>({
    store: new MemoryStore(),
    secret: crypto.getRandomValues(new Uint8Array(32)),
  })
  const app: App = new Hono()
  if (order === 'session first') app.use(session(sessions)).use(other(app))
  else app.use(other(app)).use(session(sessions))
  app.get('/', async (c) => {
    const count = (await c.var.session.write()).update('count', (n = 0) => n + 1)
    return c.text(`${count}`.padEnd(4096, '.'))
  })
  app.delete('/', async (c) => {
    ;(await c.var.session.write()).update('count', (n = 0) => n + 1)
    return c.text('deleted')
  })
  app.get('/fail', async (c) => {
    ;(await c.var.session.write()).set('count', 1000)
    throw new Error('on purpose')
  })
  app.onError((_error, c) => c.text('Sorry', 500))
  return { app, sessions, count: async (cookie) => (await sessions.read(cookie)).get('count') }
}

const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

const varyOf = (response: Response): string[] => (response.headers.get('Vary') ?? '').toLowerCase().split(/, */).sort()

describe.each(orders)('%s, with another middleware of Hono:', (order) => {
  it('compress() keeps the cookie, and says both in Vary', async () => {
    const { app, count } = appWith(order, () => compress())
    const response = await app.request('/', { headers: { 'Accept-Encoding': 'gzip' } })
    expect([response.headers.get('Content-Encoding'), varyOf(response)]).toEqual([
      'gzip',
      ['accept-encoding', 'cookie'],
    ])
    const text = await new Response(response.body?.pipeThrough(new DecompressionStream('gzip'))).text()
    expect([text.slice(0, 2), await count(cookieOf(response))]).toEqual(['1.', 1])
  })

  it('cors() keeps the cookie, and an error has its headers but no cookie', async () => {
    const { app, count } = appWith(order, () => cors({ origin: ['https://app.example'], credentials: true }))
    const headers = { Origin: 'https://app.example' }
    const response = await app.request('/', { headers })
    expect([response.headers.get('Access-Control-Allow-Origin'), await count(cookieOf(response))]).toEqual([
      'https://app.example',
      1,
    ])
    expect(varyOf(response)).toEqual(['cookie', 'origin'])
    const failed = await app.request('/fail', { headers })
    expect([failed.status, failed.headers.get('Access-Control-Allow-Origin'), cookieOf(failed)]).toEqual([
      500,
      'https://app.example',
      '',
    ])
    const preflight = await app.request('/', {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Method': 'GET' },
    })
    expect([preflight.status, varyOf(preflight)]).toEqual([204, ['origin']])
  })

  it('methodOverride() counts once, in the session of the visitor', async () => {
    const { app, count } = appWith(order, (app) => methodOverride({ app }))
    const cookie = cookieOf(await app.request('/'))
    const body = new URLSearchParams({ _method: 'DELETE' })
    const response = await app.request('/', { method: 'POST', headers: { cookie }, body })
    expect([await response.text(), await count(cookie)]).toEqual(['deleted', 2])
    const fresh = await app.request('/', { method: 'POST', body })
    expect([fresh.headers.getSetCookie().length, await count(cookieOf(fresh))]).toEqual([1, 1])
  })

  it('csrf() refuses a form of another site, and the session stays as it was', async () => {
    const { app, count } = appWith(order, () => csrf())
    app.post('/', async (c) => {
      ;(await c.var.session.write()).set('count', 1000)
      return c.text('counted')
    })
    const cookie = cookieOf(await app.request('/'))
    const post = (origin: string): Response | Promise<Response> =>
      app.request('/', { method: 'POST', headers: { cookie, origin }, body: new URLSearchParams() })
    const refused = await post('https://evil.example')
    expect([refused.status, refused.headers.getSetCookie(), await count(cookie)]).toEqual([500, [], 1])
    expect([(await post('http://localhost')).status, await count(cookie)]).toEqual([200, 1000])
  })

  it('secureHeaders() and csrf() keep the cookie', async () => {
    for (const other of [secureHeaders(), csrf()]) {
      const { app, count } = appWith(order, () => other)
      const response = await app.request('/')
      expect(await count(cookieOf(response))).toBe(1)
    }
  })
})

describe.each(orders)('timeout(), %s,', (order) => {
  it('a Cache-Control that is set behind next() is made private where the sessions come after it', async () => {
    const { app } = appWith(order, () => async (c, next) => {
      await next()
      c.header('Cache-Control', 'public, max-age=60')
    })
    const { headers } = await app.request('/')
    expect(headers.getSetCookie()).toHaveLength(1)
    const isLast = order === 'session last'
    expect(headers.get('Cache-Control')).toBe(isLast ? 'public, max-age=60' : 'private, max-age=60')
  })

  it('sends no cookie with an answer that came too late, and saves nothing of it', async () => {
    const { app, sessions, count } = appWith(order, () => timeout(20))
    let answer = (): void => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    let handled: Promise<unknown> = Promise.resolve()
    const slow: MiddlewareHandler = (_c, next) => {
      handled = next()
      return handled as Promise<void>
    }
    app.get('/slow', slow, async (c) => {
      ;(await c.var.session.write()).set('count', 1000)
      await answered
      return c.text('late')
    })
    const { cookie } = await sessions.issue({ count: 1 })
    const response = await app.request('/slow', { headers: { cookie } })
    expect([response.status, cookieOf(response)]).toEqual([500, ''])
    answer()
    await handled
    await new Promise((resolve) => setTimeout(resolve))
    expect(await count(cookie)).toBe(1)
  })
})
