import express, { type ErrorRequestHandler, type Express, type RequestHandler, Router } from 'express'
import fastify, { type FastifyPluginCallback } from 'fastify'
import { beforeEach, describe, expect, it } from 'vitest'
import { StagedStore } from '../../core/src/testing/staged-store.js'
import { expressSession, failSession, nodeSession, requestOf, SessionManager, sessionOf } from './index.js'
import { type Data, handleOf, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
let app: Express

beforeEach(() => {
  app = express().set('env', 'test')
})

const sorry: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(error.status ?? 500).send(`sorry: ${error.message}`)
}

/** An application that counts a visitor's cart, whose sessions are another manager's, beside the visitor. */
function addCart(carts: SessionManager<Data>): void {
  app.use(expressSession(site.manager()), expressSession(carts, { as: 'cart' })).get('/', async (request, response) => {
    ;(await handleOf(request).write()).set('user', 'ada')
    ;(await handleOf(request, 'cart').write()).set('count', 3)
    response.send('ok')
  })
}

/** The answer to the first visit. */
const firstAnswer = async (): Promise<Response> => (await site.serve(app)).visit('/')

describe('several middlewares on one request', () => {
  it('of one manager, nested in routers, are one session with one cookie', async () => {
    const sessions = site.manager()
    const inner = Router({ mergeParams: true }).use(expressSession(sessions))
    inner.get('/', async (request, response) => {
      ;(await handleOf(request).write()).update('count', (n = 0) => n + 1)
      response.json({ ...request.params, same: handleOf(request) === sessions.open(requestOf(request)) })
    })
    const sub = express().use(expressSession(sessions)).use('/inner', inner)
    app.use(expressSession(sessions), expressSession(sessions))
    app.use(async (request, _response, next) => {
      ;(await handleOf(request).write()).set('user', 'ada')
      next()
    })
    app.use('/sub', sub).use('/:name/inner', inner)
    const client = await site.serve(app)
    const [first, second] = [await client.visit('/sub/inner'), await client.visit('/ada/inner')]
    expect([await first.json(), await second.json()]).toEqual([{ same: true }, { name: 'ada', same: true }])
    expect([first.headers.getSetCookie().length, site.store.memory.size]).toEqual([1, 1])
    expect((await sessions.read(client.cookie)).toJSON()).toEqual({ user: 'ada', count: 2 })
  })

  it('of two managers with names of their own are two sessions with two cookies', async () => {
    addCart(site.manager({ cookie: { name: '__Host-cart' } }))
    const response = await firstAnswer()
    expect(response.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['__Host-sid', '__Host-cart'])
    expect(site.store.memory.size).toBe(2)
  })

  it('of two managers, of which the second can not be stored: the cookie of the first comes with the error', async () => {
    const broken = new StagedStore()
    broken.fail('create')
    addCart(site.manager({ store: broken, cookie: { name: '__Host-cart' } }))
    app.use(sorry)
    const response = await firstAnswer()
    expect([response.status, response.headers.getSetCookie().length, response.headers.get('cache-control')]).toEqual([
      500,
      1,
      'no-store',
    ])
  })

  it('of two managers with one cookie name are a TypeError that says what to do', async () => {
    app
      .use(expressSession(site.manager()), expressSession(site.manager(), { as: 'other' }))
      .get('/', async (request, response) => {
        await handleOf(request).read()
        await handleOf(request, 'other').read()
        response.send('ok')
      })
    app.use(sorry)
    expect(await (await firstAnswer()).text()).toMatch(/two managers use the cookie "__Host-sid"/)
  })
})

describe('a manager whose name another one has', () => {
  it('is a TypeError that says what to do, and takes nothing over', async () => {
    app.use(expressSession(site.manager()))
    app.use('/admin', expressSession(site.manager({ cookie: { name: '__Host-admin' } })))
    app.use('/admin', (_request, response) => void response.send('ok'))
    const said: ErrorRequestHandler = async (error, request, response, _next) => {
      ;(await handleOf(request).write()).set('user', 'ada')
      response.status(400).send(String(error))
    }
    app.use(said)
    const response = await (await site.serve(app)).visit('/admin')
    expect(await response.text()).toMatch(/^TypeError: .*"session" .* of another manager already: .*{ as: 'admin' }/)
    expect(response.headers.getSetCookie()).toEqual([expect.stringContaining('__Host-sid=')])
  })

  it('is fine where no request comes to both', async () => {
    const greet: RequestHandler = async (request, response) => {
      response.send(String((await handleOf(request).write()).update('count', (n = 0) => n + 1)))
    }
    app.use('/admin', expressSession(site.manager({ cookie: { name: '__Host-admin' } })), greet)
    app.use(expressSession(site.manager()), greet)
    const client = await site.serve(app)
    const names = async (path: string): Promise<unknown[]> =>
      (await client.visit(path)).headers.getSetCookie().map((line) => line.split('=')[0])
    expect([await names('/admin'), await names('/')]).toEqual([['__Host-admin'], ['__Host-sid']])
  })
})

describe('what is not done', () => {
  it.each([
    [
      'assigning null, as with express-session',
      (request: { session: unknown }) => (request.session = null),
      /can not be assigned.*destroy\(\)/,
    ],
    [
      'a property of the handle',
      (request: { session: unknown }) => ((request.session as { user?: string }).user = 'ada'),
      /user is not kept/,
    ],
  ])('is a TypeError: %s', async (_name, act, message) => {
    app.use(expressSession(site.manager())).get('/', (request, response) => {
      act(request as never)
      response.send('ok')
    })
    app.use(sorry)
    expect(await (await firstAnswer()).text()).toMatch(message)
  })

  it('is a property that another middleware has', async () => {
    app.use((request, _response, next) => {
      Object.assign(request, { session: {} })
      next()
    })
    app.use(expressSession(site.manager()), sorry)
    expect(await (await firstAnswer()).text()).toMatch(/requests have a "session" already/)
  })

  it.each([
    ['no sessions', () => expressSession(undefined as never), /sessions is missing/],
    ['the class', () => expressSession(SessionManager as never), /is the class/],
    [
      'an option of express-session',
      () => expressSession(site.manager(), { resave: false } as never),
      /resave does not exist here: there are as, failed, onError. What is about sessions/,
    ],
    [
      'an option of fastifySession',
      () => expressSession(site.manager(), { sessions: site.manager() } as never),
      /sessions does not exist here: there are as, failed, onError/,
    ],
    [
      'an option of fastifySession, for nodeSession',
      () => nodeSession(site.manager(), () => {}, { sessions: site.manager() } as never),
      /sessions does not exist here: there are as, failed, onError/,
    ],
    [
      'null as options',
      () => expressSession(site.manager(), null as never),
      /options must be an object of as, failed, onError/,
    ],
    [
      'text as options',
      () => expressSession(site.manager(), 'x' as never),
      /options must be an object of as, failed, onError/,
    ],
    ['an empty name', () => expressSession(site.manager(), { as: '' }), /as must be/],
    ['a status as failed', () => expressSession(site.manager(), { failed: 500 as never }), /failed must be/],
  ])('is an option that can not work: %s', (_name, act, message) => {
    expect(act).toThrow(TypeError)
    expect(act).toThrow(message)
  })

  it('is expressSession as a plugin of Fastify, which is told what to register', () => {
    const plugin = expressSession(site.manager()) as unknown as FastifyPluginCallback
    expect(() => plugin(fastify(), {}, () => {})).toThrow(/app\.register\(fastifySession, \{ sessions \}\)/)
  })

  it('is to ask for a session where no middleware ran', () => {
    expect(() => sessionOf({ raw: {} })).toThrow(/no session middleware ran/)
    expect(() => sessionOf({ raw: undefined })).toThrow(/no session middleware ran/)
    expect(() => sessionOf({})).toThrow(/no session "session", since no session middleware ran/)
    expect(() => failSession({ headers: {} } as never)).toThrow(/no session middleware ran/)
  })
})

describe('a session after the head of its response', () => {
  it('can be changed by save(change) alone, as in every stream', async () => {
    const sessions = site.manager()
    const { id, cookie } = await sessions.issue({ count: 0 })
    const codes: unknown[] = []
    app.use(expressSession(sessions)).get('/', async (request, response) => {
      const handle = handleOf(request)
      const session = await handle.write()
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      for (let i = 0; i < 3; i++) {
        response.write('data: tick\n\n')
        await handle.save((session) => void session.update('count', (n = 0) => n + 1))
      }
      try {
        session.set('count', 99)
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code)
      }
      response.end()
    })
    const client = await site.serve(app)
    client.cookie = cookie
    expect(await client.text('/')).toBe('data: tick\n\n'.repeat(3))
    expect([codes, (await sessions.peek(id))?.get('count')]).toEqual([['ERR_SESSION_COMMITTED'], 3])
  })

  it('that is asked for too late says so, and so does one whose middleware comes too late', async () => {
    const codes: unknown[] = []
    const late = async (request: object): Promise<void> => {
      try {
        ;(await handleOf(request).write()).set('count', 1)
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code)
      }
    }
    const session = expressSession(site.manager())
    app.get('/before', session, async (request, response) => {
      response.write('hel')
      await late(request)
      response.end('lo')
    })
    app.get(
      '/behind',
      async (request, response, next) => {
        response.write('hel')
        session(request, response, next)
        await late(request)
        response.end('lo')
      },
      () => {},
    )
    const client = await site.serve(app)
    expect([await client.text('/before'), await client.text('/behind')]).toEqual(['hello', 'hello'])
    expect([codes, site.store.memory.size]).toEqual([['ERR_SESSION_COMMITTED', 'ERR_SESSION_COMMITTED'], 0])
  })

  it('is stored by the policy that asks for it, with a cookie', async () => {
    app
      .use(expressSession(site.manager({ persistence: 'always' })))
      .get('/', (_request, response) => void response.send('ok'))
    const client = await site.serve(app)
    await client.visit('/')
    expect([site.store.memory.size, client.cookie === '']).toEqual([1, false])
  })

  it('that somebody has opened by the manager is stored as well', async () => {
    const sessions = site.manager()
    app.use(expressSession(sessions)).get('/', async (request, response) => {
      ;(await sessions.write(requestOf(request))).set('user', 'ada')
      response.send('ok')
    })
    const client = await site.serve(app)
    await client.visit('/')
    expect((await sessions.read(client.cookie)).get('user')).toBe('ada')
  })
})

describe('sessionOf', () => {
  it('finds the session of middleware that was given the request under that of Fastify, as in NestJS on Fastify', async () => {
    const app = fastify()
    const middleware = expressSession(site.manager())
    app.addHook('onRequest', (request, reply, done) => middleware(request.raw, reply.raw, done))
    app.get('/', async (request) => (await handleOf(request).write()).update('count', (n = 0) => n + 1))
    const client = await site.serve(app)
    expect([await client.text('/'), await client.text('/')]).toEqual(['1', '2'])
  })
})
