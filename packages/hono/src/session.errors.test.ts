import { CookieStore, MemoryStore, type SessionEvent, type SessionHandle, SessionManager } from '@fetch-sessions/core'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { session } from './index.js'

interface Data {
  user: string
  flash: string
}

type Env = { Variables: { session: SessionHandle<Data> } }

const sessionCookies = (response: Response): string[] =>
  response.headers.getSetCookie().filter((line) => line.startsWith('__Host-sid='))

let store: MemoryStore
let events: SessionEvent[]
let sessions: SessionManager<Data>
let app: Hono<Env>

beforeEach(() => {
  store = new MemoryStore()
  events = []
  sessions = new SessionManager<Data>({ store, secret, onEvent: (event) => events.push(event) })
  app = new Hono<Env>()
  app.use(session(sessions))
})

const cookieOf = (response: Response): string => sessionCookies(response)[0]?.split(';')[0] ?? ''
const visit = (path: string, cookie = ''): Promise<Response> =>
  Promise.resolve(app.request(path, { headers: { cookie } }))

describe('an error page of a handler that used its session', () => {
  const throwing: [string, () => unknown, number][] = [
    ['an HTTPException', () => new HTTPException(404, { message: 'no such order' }), 404],
    [
      'an HTTPException with a Response of its own',
      () => new HTTPException(401, { res: new Response('who?', { status: 401 }) }),
      401,
    ],
    ['an Error', () => new Error('broken'), 500],
  ]
  for (const onError of [false, true]) {
    it.each(throwing)(
      `says Vary: Cookie, ${onError ? 'made by onError' : 'made by Hono'}: %s`,
      async (_name, error, status) => {
        if (onError) app.onError(() => new Response('sorry', { status }))
        app.get('/read', async (c) => {
          await c.var.session.read()
          throw error()
        })
        app.get('/write', async (c) => {
          ;(await c.var.session.write()).set('user', 'ada')
          throw error()
        })
        app.get('/untouched', () => {
          throw error()
        })
        for (const path of ['/read', '/write']) {
          const response = await visit(path)
          expect([response.status, response.headers.get('vary'), sessionCookies(response)]).toEqual([
            status,
            'Cookie',
            [],
          ])
        }
        expect([(await visit('/untouched')).headers.get('vary'), store.size]).toEqual([null, 0])
      },
    )
  }

  it('says it where the page is a constant, too, and carries nobody’s cookie', async () => {
    const page = new Response(null, { status: 500 })
    app.onError(() => page)
    app.get('/fail', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      await c.var.session.save()
      throw new Error('after the save')
    })
    const [first, second] = [await visit('/fail'), await visit('/fail')]
    expect([sessionCookies(first).length, sessionCookies(second).length]).toEqual([1, 1])
    expect([cookieOf(first) === cookieOf(second), page.headers.getSetCookie()]).toEqual([false, []])
  })

  it('says it where nothing but the session’s middleware has matched', async () => {
    app.notFound(async (c) => {
      await c.var.session.read()
      throw new Error('broken')
    })
    app.onError((_error, c) => c.text('sorry', 500))
    const response = await visit('/nowhere')
    expect([response.status, response.headers.get('vary')]).toEqual([500, 'Cookie'])
  })

  it('says it where the page is notFound’s', async () => {
    app.get('/gone', async (c) => {
      await c.var.session.read()
      return c.notFound()
    })
    app.use('/nowhere', async (c, next) => {
      await c.var.session.read()
      await next()
    })
    app.notFound(() => new Response('nothing here', { status: 404 }))
    for (const path of ['/gone', '/nowhere']) {
      const response = await visit(path)
      expect([response.status, response.headers.get('vary')]).toEqual([404, 'Cookie'])
    }
  })
})

describe('an onError that throws itself', () => {
  it('lets its error out, saves nothing, signs out all the same, and the same Request can be handled again', async () => {
    const broken = new Error('of the error page')
    let isFailing = true
    app.onError(() => {
      throw broken
    })
    app.get('/write', async (c) => {
      const session = await c.var.session.write()
      session.set('flash', `${session.get('flash') ?? ''}.`)
      if (isFailing) throw new Error('of the handler')
      return c.text('ok')
    })
    app.get('/sign-out', async (c) => {
      ;(await c.var.session.write()).destroy()
      throw new Error('of the handler')
    })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const request = new Request('http://localhost/write', { headers: { cookie } })
    await expect(Promise.resolve(app.fetch(request))).rejects.toBe(broken)
    expect((await sessions.read(cookie)).toJSON()).toEqual({ user: 'ada' })
    isFailing = false
    expect((await app.fetch(request)).status).toBe(200)
    expect((await sessions.read(cookie)).get('flash')).toBe('.')
    await expect(visit('/sign-out', cookie)).rejects.toBe(broken)
    expect((await sessions.read(cookie)).isNew).toBe(true)
  })
})

describe('what was saved before the throw', () => {
  it('reaches the browser with the error page: a new id', async () => {
    const { cookie } = await sessions.issue({ flash: 'kept' })
    app.get('/', async (c) => {
      const session = await c.var.session.write()
      session.set('user', 'ada').regenerate()
      await c.var.session.save()
      session.set('flash', 'lost')
      throw new HTTPException(409)
    })
    const response = await visit('/', cookie)
    expect([response.status, sessionCookies(response).length]).toEqual([409, 1])
    expect((await sessions.read(cookieOf(response))).toJSON()).toEqual({ user: 'ada', flash: 'kept' })
  })

  it('and so where the handler answers, and what it has changed since can not be stored', async () => {
    const { cookie } = await sessions.issue({ flash: 'kept' })
    app.get('/', async (c) => {
      const session = await c.var.session.write()
      session.set('user', 'ada').regenerate()
      await c.var.session.save()
      session.set('flash', 'x'.repeat(300_000))
      return c.text('ok')
    })
    const response = await visit('/', cookie)
    expect([response.status, sessionCookies(response).length]).toEqual([500, 1])
    expect((await sessions.read(cookieOf(response))).toJSON()).toEqual({ user: 'ada', flash: 'kept' })
  })

  it.each([false, true])('reaches it from a CookieStore as well, with onError: %s', async (hasOnError) => {
    const sealed = new SessionManager<Data>({ store: new CookieStore(), secret })
    const sealedApp = new Hono<Env>()
    sealedApp.use(session(sealed))
    if (hasOnError) sealedApp.onError((_error, c) => c.text('sorry', 409))
    const { cookie, id } = await sealed.issue({ flash: 'kept' })
    sealedApp.get('/', async (c) => {
      const writable = await c.var.session.write()
      writable.set('user', 'ada').regenerate()
      await c.var.session.save()
      writable.set('flash', 'lost')
      throw new HTTPException(409)
    })
    const response = await sealedApp.request('/', { headers: { cookie } })
    expect([response.status, sessionCookies(response).length, response.headers.get('vary')]).toEqual([409, 1, 'Cookie'])
    const now = await sealed.read(cookieOf(response))
    expect([now.toJSON(), now.id === id]).toEqual([{ user: 'ada', flash: 'kept' }, false])
  })

  it('and so does what onError saves in a new session', async () => {
    app.onError(async (_error, c) => {
      const session = await (c as typeof c & { var: Env['Variables'] }).var.session.write()
      session.set('flash', 'That went wrong.')
      await c.get('session').save()
      return c.redirect('/')
    })
    app.get('/fail', () => {
      throw new Error('broken')
    })
    const response = await visit('/fail')
    expect([response.status, (await sessions.read(cookieOf(response))).get('flash')]).toEqual([302, 'That went wrong.'])
  })

  it('and a sign-out is carried out, with an answer that removes the cookie', async () => {
    const { cookie } = await sessions.issue({ user: 'ada' })
    app.get('/', async (c) => {
      ;(await c.var.session.write()).destroy()
      throw new HTTPException(400)
    })
    const response = await visit('/', cookie)
    expect([(await sessions.read(cookie)).isNew, sessionCookies(response)[0]]).toEqual([
      true,
      expect.stringContaining('Max-Age=0'),
    ])
  })
})

describe('the real error', () => {
  it.each([false, true])('surfaces where onError throws on, with the session used: %s', async (isUsed) => {
    const real = new Error('the database is gone')
    app.onError((error) => {
      throw error
    })
    app.get('/', async (c) => {
      if (isUsed) (await c.var.session.write()).set('user', 'ada')
      throw real
    })
    await expect(visit('/')).rejects.toBe(real)
    expect(store.size).toBe(0)
  })

  it('surfaces where onError fails by itself', async () => {
    const second = new Error('the template is broken')
    app.onError(() => {
      throw second
    })
    app.get('/', async (c) => {
      await c.var.session.read()
      throw new Error('first')
    })
    await expect(visit('/')).rejects.toBe(second)
  })

  it('is Hono’s own for a handler that forgets to return, which saves nothing', async () => {
    const seen: Error[] = []
    app.onError((error, c) => {
      seen.push(error)
      return c.text('sorry', 500)
    })
    app.get('/', (async (c: { var: Env['Variables'] }) => {
      ;(await c.var.session.write()).set('user', 'ada')
    }) as never)
    const response = await visit('/')
    expect([response.status, seen.map((error) => error.message)]).toEqual([
      500,
      [expect.stringContaining('Context is not finalized')],
    ])
    expect([sessionCookies(response), store.size]).toEqual([[], 0])
  })
})

describe('a middleware that does not wait for the next one', () => {
  it.each([0, 1, 2, 3, 5, 20])('sends no answer that was not saved, when the handler takes %i turns', async (turns) => {
    app.onError((_, c) => c.text('sorry', 500))
    app.use(async (_, next) => void next())
    app.get('/', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      for (let i = 0; i < turns; i++) await undefined
      return c.text('hello', 200, { ETag: '"1"' })
    })
    const response = await visit('/')
    const came = [response.status, await response.text(), sessionCookies(response).length, store.size]
    expect(came).toEqual(response.ok ? [200, 'hello', 1, 1] : [500, 'sorry', 0, 0])
    expect(response.headers.get('etag')).toBe(response.ok ? '"1"' : null)
  })
})

describe('a Response that is thrown', () => {
  it.each([303, 404])('is the answer with status %i, and saves what was done', async (status) => {
    app.get('/', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      throw new Response('text', { status, headers: { location: '/next' } })
    })
    const response = await visit('/')
    expect([response.status, response.headers.get('location'), await response.text()]).toEqual([
      status,
      '/next',
      'text',
    ])
    expect([response.headers.get('vary'), (await sessions.read(cookieOf(response))).get('user')]).toEqual([
      'Cookie',
      'ada',
    ])
  })

  it('is the answer also of a handler that does not use its session, as the very same object', async () => {
    const away = new Response(null, { status: 303, headers: { location: '/next' } })
    app.get('/', () => {
      throw away
    })
    expect(await visit('/')).toBe(away)
  })

  it('gets what a middleware has put on the response, as one that is returned does', async () => {
    app.use(async (c, next) => {
      c.res.headers.set('X-Own', 'kept')
      await next()
    })
    app.get('/', async (c) => {
      await c.var.session.read()
      throw c.redirect('/next')
    })
    const response = await visit('/')
    expect([response.status, response.headers.get('x-own'), response.headers.get('vary')]).toEqual([
      302,
      'kept',
      'Cookie',
    ])
  })

  it('of an onError is the answer to its error, for which nothing is saved', async () => {
    app.onError((_error, c) => {
      throw c.redirect('/sorry')
    })
    app.get('/', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      throw new Error('broken')
    })
    const response = await visit('/')
    expect([response.status, sessionCookies(response), store.size]).toEqual([302, [], 0])
  })

  it('carries the cookies of two managers', async () => {
    const carts = new SessionManager<Data>({ store: new MemoryStore(), secret, cookie: { name: '__Host-cart' } })
    const shop = new Hono().use(session(sessions)).use(session(carts, { as: 'cart' }))
    shop.get('/', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      ;(await c.var.cart.write()).set('user', 'ada')
      throw c.redirect('/next')
    })
    expect((await shop.request('/')).headers.getSetCookie()).toHaveLength(2)
  })

  it('is a failure from 500 on: nothing is saved, and it is thrown on', async () => {
    app.get('/', async (c) => {
      ;(await c.var.session.write()).set('user', 'ada')
      throw new Response(null, { status: 503 })
    })
    const thrown = await visit('/').then(
      () => undefined,
      (thrown: Response) => thrown,
    )
    expect([thrown?.status, thrown && sessionCookies(thrown).length, store.size]).toEqual([503, 0, 0])
  })
})

describe('the same Request, handled again', () => {
  it('after a throw starts anew', async () => {
    const { cookie } = await sessions.issue({ user: 'ada' })
    let attempts = 0
    app.get('/', async (c) => {
      const session = await c.var.session.write()
      session.set('flash', `attempt ${++attempts}`)
      if (attempts < 3) throw new HTTPException(503)
      return c.text('ok')
    })
    const request = new Request('http://localhost/', { headers: { cookie } })
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await app.fetch(request)).status)
    expect(statuses).toEqual([503, 503, 200])
    expect((await sessions.read(cookie)).get('flash')).toBe('attempt 3')
  })

  it('after a commit that failed starts anew, and counts once', async () => {
    const { cookie, id } = await sessions.issue({ flash: '' })
    const { update } = store
    store.update = () => {
      store.update = update
      throw new Error('disk full')
    }
    app.get('/', async (c) => {
      ;(await c.var.session.write()).update('flash', (text = '') => `${text}x`)
      return c.text('ok')
    })
    const request = new Request('http://localhost/', { headers: { cookie } })
    expect([(await app.fetch(request)).status, (await app.fetch(request)).status]).toEqual([500, 200])
    expect(JSON.parse(store.load(id)?.data ?? '{}')).toEqual({ flash: 'x' })
    expect(events.filter(({ type }) => type === 'failed')).toHaveLength(1)
  })
})
