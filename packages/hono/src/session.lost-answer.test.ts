import { MemoryStore, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { type Context, Hono } from 'hono'
import { every, some } from 'hono/combine'
import { compress } from 'hono/compress'
import { beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { session } from './index.js'

interface Data {
  user: string
}

type Env = { Variables: { session: SessionHandle<Data> } }

class BrokenStore extends MemoryStore {
  override create(): boolean {
    throw new Error('down')
  }
}

const broken = (): SessionManager<Data> => new SessionManager<Data>({ store: new BrokenStore(), secret })

let app: Hono<Env>

beforeEach(() => {
  app = new Hono<Env>()
  app.onError((_error, c) => c.text('Sorry', 503))
})

const OF_THE_BODY: Readonly<Record<string, string>> = {
  'Accept-Ranges': 'bytes',
  'Cache-Control': 'public, max-age=31536000, immutable',
  'CDN-Cache-Control': 'max-age=31536000',
  'Content-Disposition': 'attachment; filename=a.csv',
  'Content-Encoding': 'gzip',
  'Content-Language': 'fr',
  'Content-Length': '5000',
  'Content-Range': 'bytes 0-4999/5000',
  ETag: '"v1"',
  Expires: 'Thu, 01 Jan 2037 00:00:00 GMT',
  'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
  Location: '/account',
  Refresh: '5; url=/account',
}

describe('the page of a session that could not be stored', () => {
  const answers: [string, (c: Context<Env>) => Response][] = [
    ['a Response of its own', () => new Response('x', { headers: OF_THE_BODY })],
    ['c.body', (c) => c.body('x', 200, { ...OF_THE_BODY })],
    [
      'c.header',
      (c) => {
        for (const [name, value] of Object.entries(OF_THE_BODY)) c.header(name, value)
        return c.text('x')
      },
    ],
  ]

  it.each(answers)('has no header of the body that is not sent: %s', async (_name, answer) => {
    app.use(session(broken())).get('/', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      return answer(c)
    })
    const response = await app.request('/')
    expect([response.status, await response.text()]).toEqual([503, 'Sorry'])
    expect(Object.fromEntries(response.headers)).toEqual({
      'cache-control': 'no-store',
      'content-type': 'text/plain; charset=UTF-8',
      vary: 'Cookie',
    })
  })

  it('is not told to be compressed', async () => {
    app.use(session(broken())).use(compress({ threshold: 0 }))
    app.get('/', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      return c.text('z'.repeat(3000))
    })
    const response = await app.request('/', { headers: { 'Accept-Encoding': 'gzip' } })
    expect([response.headers.get('content-encoding'), await response.text()]).toEqual([null, 'Sorry'])
  })

  it('has what middleware has set, and all cookies, of another manager as well', async () => {
    const other = new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: 'other' } })
    app.use(async (c, next) => {
      c.header('X-Request-Id', '7')
      c.header('Content-Security-Policy', "default-src 'self'")
      await next()
    })
    app.use(session(broken()), session(other, { as: 'other' }))
    app.get('/', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      const { other } = c.var as unknown as { other: SessionHandle<Data> }
      ;(await other.write()).set('user', 'ada')
      c.header('Set-Cookie', 'remember=token', { append: true })
      return c.redirect('/account')
    })
    const { headers } = await app.request('/')
    expect(headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['remember', 'other'])
    expect(['x-request-id', 'content-security-policy', 'vary', 'location'].map((name) => headers.get(name))).toEqual([
      '7',
      "default-src 'self'",
      'Cookie',
      null,
    ])
  })
})

describe('the same manager, mounted again in a branch that is refused', () => {
  const refuse = async (): Promise<void> => {
    throw new Error('nobody')
  }

  it('leaves the session to the outer middleware, which stores it', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    app.use(session(sessions)).use(some(every(session(sessions), refuse), (_c, next) => next()))
    app.get('/', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      return c.text('ok')
    })
    const response = await app.request('/')
    expect([response.status, response.headers.getSetCookie().length, store.size]).toEqual([200, 1, 1])
  })

  it('under another name as well, and whatever was changed before', async () => {
    const store = new MemoryStore()
    const sessions = new SessionManager<Data>({ store, secret })
    app.use(session(sessions))
    app.use(async (c, next) => {
      ;(await c.var.session.write()).set('user', 'ada')
      await next()
    })
    app.use(some(every(session(sessions, { as: 'inner' }), refuse), (_c, next) => next()))
    app.get('/', async (c) => c.text(`${(await c.var.session.write()).get('user')}`))
    const response = await app.request('/')
    expect([response.status, await response.text(), store.size]).toEqual([200, 'ada', 1])
  })

  it('and where it is the only one, the page of the error brings what was saved before', async () => {
    const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret })
    const saves = async (c: { var: Env['Variables'] }): Promise<void> => {
      await c.var.session.save((session) => session.set('user', 'ada'))
      throw new Error('after the save')
    }
    app.use(every(session(sessions), saves as never))
    app.get('/', (c) => c.text('ok'))
    const response = await app.request('/')
    expect([response.status, response.headers.getSetCookie().length, response.headers.get('cache-control')]).toEqual([
      503,
      1,
      'no-store',
    ])
  })
})
