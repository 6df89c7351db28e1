import { MemoryStore, SessionManager } from '@fetch-sessions/core'
import { Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cache } from 'hono/cache'
import { etag } from 'hono/etag'
import { afterEach, describe, expect, it } from 'vitest'
import { session } from './session.js'

interface Counted {
  count: number
}

const newManager = (): SessionManager<Counted> =>
  new SessionManager({ store: new MemoryStore(), secret: crypto.getRandomValues(new Uint8Array(32)) })

/** The two in one order or the other. */
type Order = 'session first' | 'session last'

function appWith(
  order: Order,
  other: MiddlewareHandler,
  sessions = newManager(),
): Hono<{ Variables: { session: ReturnType<typeof sessions.open> } }> {
  const app = new Hono<{ Variables: { session: ReturnType<typeof sessions.open> } }>()
  return order === 'session first' ? app.use(session(sessions)).use(other) : app.use(other).use(session(sessions))
}

describe('etag() and a page that begins a session', () => {
  it.each([
    ['session first', true],
    ['session last', false],
  ] as const)('%s: the 304 has the cookie: %s', async (order, hasCookie) => {
    const app = appWith(order, etag()).get('/', async (c) => {
      ;(await c.var.session.write()).set('count', 1)
      return c.text('always the same')
    })
    const tag = (await app.request('/')).headers.get('ETag') ?? ''
    const again = await app.request('/', { headers: { 'If-None-Match': tag } })
    expect([again.status, again.headers.has('Set-Cookie')]).toEqual([304, hasCookie])
  })
})

describe('bodyLimit() and a body of unknown length', () => {
  it.each(['session first', 'session last'] as const)(
    '%s: what a handler asks of the manager by c.req.raw counts as well',
    async (order) => {
      const sessions = newManager()
      const app = appWith(order, bodyLimit({ maxSize: 100 }), sessions)
      // The middleware replaces c.req.raw by a new Request.
      app.post('/raw', async (c) => {
        ;(await sessions.write(c.req.raw)).update('count', (n = 0) => n + 1)
        return c.text('counted')
      })
      app.post('/var', async (c) => {
        ;(await c.var.session.write()).update('count', (n = 0) => n + 1)
        return c.text('counted')
      })
      app.get('/', async (c) => c.text(String((await c.var.session.read()).get('count') ?? 0)))
      const after = async (path: string): Promise<string> => {
        const body = new Blob(['a body']).stream()
        const answer = await app.request(path, { method: 'POST', body, duplex: 'half' } as RequestInit)
        const cookie = answer.headers.get('Set-Cookie')?.split(';')[0] ?? ''
        return (await app.request('/', { headers: { cookie } })).text()
      }
      expect([await after('/raw'), await after('/var')]).toEqual(['1', '1'])
    },
  )
})

const before = Object.getOwnPropertyDescriptor(globalThis, 'caches')

/** What the platform has as its caches, or what it had. */
function setCaches(caches: { open(): Promise<unknown> } | undefined): void {
  if (caches !== undefined) Object.defineProperty(globalThis, 'caches', { value: caches, configurable: true })
  else if (before !== undefined) Object.defineProperty(globalThis, 'caches', before)
  else Reflect.deleteProperty(globalThis, 'caches')
}

describe('cache()', () => {
  afterEach(() => setCaches(undefined))

  /** Keeps all that it is given, by key. */
  function cacheOfPlatform(): Map<string, Response> {
    const kept = new Map<string, Response>()
    const opened = {
      match: async (key: string) => kept.get(key)?.clone(),
      put: async (key: string, response: Response) => void kept.set(key, response),
    }
    setCaches({ open: async () => opened })
    return kept
  }

  /** How many pages a cache keeps that is asked for each of them, and what the second visitor who has no cookie gets. */
  async function visitAll(
    order: Order,
    vary: string | undefined,
  ): Promise<{ kept: number; second: string; cookie: boolean }> {
    const kept = cacheOfPlatform()
    const options = { cacheName: 'pages', cacheControl: 'max-age=60', wait: true, ...(vary && { vary }) }
    const app = appWith(order, cache(options))
    let visitors = 0
    app.get('/public', (c) => c.text('the same for all'))
    app.get('/read', async (c) => c.text(String((await c.var.session.read()).get('count') ?? 0)))
    app.get('/write', async (c) => {
      visitors += 1
      ;(await c.var.session.write()).set('count', visitors)
      return c.text(`visitor ${visitors}`)
    })
    for (const path of ['/public', '/read', '/write']) await app.request(path)
    const second = await app.request('/write')
    return { kept: kept.size, second: await second.text(), cookie: second.headers.has('Set-Cookie') }
  }

  it.each(['session first', 'session last'] as const)('%s: keeps no page that used a session', async (order) => {
    expect(await visitAll(order, undefined)).toEqual({ kept: 1, second: 'visitor 2', cookie: true })
  })

  it('with vary: "Cookie", session first: hands one visitor’s page to all who have no cookie', async () => {
    expect(await visitAll('session first', 'Cookie')).toEqual({ kept: 3, second: 'visitor 1', cookie: false })
  })

  it('with vary: "Cookie", session last: keeps no page that begins a session', async () => {
    expect(await visitAll('session last', 'Cookie')).toEqual({ kept: 2, second: 'visitor 2', cookie: true })
  })

  it.each([
    ['session first', undefined, '0'],
    ['session last', undefined, '0'],
    // Each cookie has pages of its own, which stay when its session has ended.
    ['session first', 'Cookie', '42'],
    ['session last', 'Cookie', '42'],
  ] as const)('%s, vary: %s: a page that reads shows %s once its session is over', async (order, vary, shown) => {
    cacheOfPlatform()
    const sessions = newManager()
    const app = appWith(order, cache({ cacheName: 'pages', wait: true, ...(vary && { vary }) }), sessions)
    app.get('/', async (c) => c.text(String((await c.var.session.read()).get('count') ?? 0)))
    const { cookie, id } = await sessions.issue({ count: 42 })
    const page = async (headers: HeadersInit): Promise<string> => (await app.request('/', { headers })).text()
    expect([await page({ cookie }), await page({})]).toEqual(['42', '0'])
    await sessions.destroy(id)
    expect(await page({ cookie })).toBe(shown)
  })
})
