import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { cache } from 'hono/cache'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { session } from './index.js'

interface Data {
  user: string
}

type Env = { Variables: { session: SessionHandle<Data> } }

/** The Cache API, as far as the middleware uses it. */
class Caches {
  readonly stored: Map<string, Response> = new Map()
  open(): Promise<this> {
    return Promise.resolve(this)
  }
  match(key: string): Promise<Response | undefined> {
    return Promise.resolve(this.stored.get(key)?.clone())
  }
  put(key: string, response: Response): Promise<void> {
    this.stored.set(key, response)
    return Promise.resolve()
  }
}

let caches: Caches
/** Some runtimes have one. */
const own: PropertyDescriptor | undefined = Object.getOwnPropertyDescriptor(globalThis, 'caches')

beforeEach(() => {
  caches = new Caches()
  Object.defineProperty(globalThis, 'caches', { configurable: true, value: caches })
})

afterEach(() => {
  if (own === undefined) Reflect.deleteProperty(globalThis, 'caches')
  else Object.defineProperty(globalThis, 'caches', own)
})

describe('hono/cache between session and handler, where there are headers before the handler', () => {
  const befores: [string, (c: Context) => void][] = [
    ['by c.header', (c) => c.header('Vary', 'Accept-Language')],
    ['by c.header, and c.res is read', (c) => [c.header('Vary', 'Accept-Language'), c.res]],
    ['by c.res.headers', (c) => c.res.headers.append('Vary', 'Accept-Language')],
    ['and say nothing of Vary', (c) => c.res.headers.set('X-Own', '1')],
  ]

  for (const place of ['outside', 'between', 'both'] as const) {
    it.each(befores)(`does not keep one visitor’s page for everybody: ${place}, %s`, async (_name, before) => {
      const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
      const app = new Hono<Env>()
      const set: MiddlewareHandler = (c, next) => {
        before(c)
        return next()
      }
      if (place !== 'between') app.use(set)
      app.use(session(sessions))
      if (place !== 'outside') app.use(set)
      app.use(cache({ cacheName: 'pages', wait: true, cacheControl: 'max-age=60', vary: 'Accept-Language' }))
      app.get('/text', async (c) => c.text(`hello ${(await c.var.session.read()).get('user') ?? 'nobody'}`))
      app.get('/raw', async (c) => new Response(`hello ${(await c.var.session.read()).get('user') ?? 'nobody'}`))
      const { cookie } = await sessions.issue({ user: 'ada' })
      for (const path of ['/text', '/raw']) {
        const forAda = await app.request(path, { headers: { cookie } })
        expect([await forAda.text(), forAda.headers.get('vary')]).toEqual([
          'hello ada',
          expect.stringMatching(/cookie/i),
        ])
        expect(caches.stored.size).toBe(0)
        expect(await (await app.request(path)).text()).toBe('hello nobody')
      }
    })
  }
})

describe('hono/cache between session and handler', () => {
  const answers: [string, (c: Context, user: string) => Response][] = [
    ['c.text', (c, user) => c.text(`hello ${user}`)],
    ['c.html', (c, user) => c.html(`hello ${user}`) as Response],
    ['c.json', (c, user) => c.json(`hello ${user}`)],
    ['c.body with headers', (c, user) => c.body(`hello ${user}`, 200, { 'x-own': '1' })],
    ['a Response of the handler’s own', (_c, user) => new Response(`hello ${user}`)],
    ['one with a Vary of its own', (_c, user) => new Response(`hello ${user}`, { headers: { vary: 'Accept' } })],
    [
      'one whose Vary is set by c.header',
      (c, user) => {
        c.header('Vary', 'Accept')
        return c.text(`hello ${user}`)
      },
    ],
    [
      'c.res',
      (c, user) => {
        c.res = new Response(`hello ${user}`)
        return c.res
      },
    ],
  ]

  for (const use of ['read', 'write'] as const) {
    it.each(answers)(`does not keep one visitor’s page for everybody, after ${use}: %s`, async (_name, answer) => {
      const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
      const app = new Hono<Env>()
      app.use(session(sessions)).use(cache({ cacheName: 'pages', wait: true, cacheControl: 'max-age=60' }))
      app.get('/hello', async (c) => answer(c, (await c.var.session[use]()).get('user') ?? 'nobody'))
      app.get('/same', (c) => c.text('same for all'))
      const { cookie } = await sessions.issue({ user: 'ada' })
      const forAda = await app.request('/hello', { headers: { cookie } })
      expect([await forAda.text(), forAda.headers.get('vary')]).toEqual([
        expect.stringContaining('hello ada'),
        expect.stringMatching(/\bcookie\b/i),
      ])
      expect(caches.stored.size).toBe(0)
      expect(await (await app.request('/hello')).text()).toContain('hello nobody')
      // It is a working cache.
      await app.request('/same')
      expect(caches.stored.size).toBe(1)
    })
  }
})
