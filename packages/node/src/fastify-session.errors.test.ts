import { Readable } from 'node:stream'
import fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { failSession, fastifySession, type SessionManager } from './index.js'
import { fastifyOfEachTest } from './testing/fastify-app.js'
import { type Data, handleOf, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
let app: FastifyInstance
let sessions: SessionManager<Data>

fastifyOfEachTest(site, (made) => {
  app = made.app
  sessions = made.sessions
})

const count = async (request: object): Promise<number> =>
  (await handleOf(request).write()).update('count', (n = 0) => n + 1)

describe('an error in Fastify', () => {
  const failing: Readonly<Record<string, (app: FastifyInstance) => unknown>> = {
    'a handler that throws': (app) =>
      app.get('/', async (request) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        throw new Error('broken')
      }),
    'a handler that sends an error below 500': (app) =>
      app.get('/', async (request, reply) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        return reply.send(Object.assign(new Error('no'), { statusCode: 409 }))
      }),
    'one that the error handler makes a page of': (app) => {
      app.setErrorHandler((_error, _request, reply) => reply.code(400).send('no'))
      app.get('/', async (request) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        throw new Error('broken')
      })
    },
    'a status of 500': (app) =>
      app.get('/', async (request, reply) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        return reply.code(503).send('busy')
      }),
    'one that a handler tells of': (app) =>
      app.get('/', async (request, reply) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        failSession(request)
        return reply.code(409).send('no')
      }),
    'one of a hijacked reply': (app) =>
      app.get('/', async (request, reply) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        reply.hijack()
        reply.raw.writeHead(502).end('no')
      }),
  }

  it.each(Object.keys(failing))('saves nothing: %s', async (name) => {
    await app.register(fastifySession, { sessions })
    failing[name]?.(app)
    const { cookie } = await sessions.issue({ user: 'ada' })
    const client = await site.serve(app)
    client.cookie = cookie
    const response = await client.visit('/')
    expect([response.status >= 400, response.headers.get('vary')]).toEqual([true, 'Cookie'])
    expect((await sessions.read(cookie)).get('user')).toBe('ada')
    client.cookie = ''
    await client.visit('/')
    expect([site.store.memory.size, client.cookie]).toEqual([1, ''])
  })

  it.each([
    [303, 'bob'],
    [503, 'ada'],
  ])('is no Response that is thrown below 500, which is an answer: %i', async (status, user) => {
    await app.register(fastifySession, { sessions })
    app.get('/', async (request) => {
      ;(await handleOf(request).write()).set('user', 'bob').regenerate()
      throw new Response(null, { status, headers: { location: '/members' } })
    })
    const { cookie } = await sessions.issue({ user: 'ada' })
    const client = await site.serve(app)
    client.cookie = cookie
    expect((await client.visit('/')).status).toBe(status)
    expect((await sessions.read(client.cookie)).get('user')).toBe(user)
  })

  it('does not keep a sign-out from being carried out', async () => {
    await app.register(fastifySession, { sessions })
    app.get('/', async (request) => {
      ;(await handleOf(request).write()).destroy()
      throw new Error('broken')
    })
    const { id, cookie } = await sessions.issue({ user: 'ada' })
    const client = await site.serve(app)
    client.cookie = cookie
    expect([(await client.visit('/')).status, client.cookie]).toEqual([500, ''])
    expect(await sessions.peek(id)).toBeUndefined()
  })

  it('is what "failed" says', async () => {
    const seen: unknown[] = []
    const failed = (status: number, error: unknown): boolean => {
      seen.push([status, (error as Error | undefined)?.message])
      return status === 418
    }
    await app.register(fastifySession, { sessions, failed })
    app.get('/:status', async (request, reply) => {
      await count(request)
      const status = Number((request.params as { status: string }).status)
      if (status === 500) throw new Error('broken')
      return reply.code(status).send('so it is')
    })
    const client = await site.serve(app)
    for (const [path, stored] of [
      ['/418', 0],
      ['/500', 1],
    ] as const) {
      await client.visit(path)
      expect([path, site.store.memory.size]).toEqual([path, stored])
    }
    expect(seen).toEqual([
      [418, undefined],
      [500, 'broken'],
    ])
  })

  it('is saved where "failed" goes by the status alone, and an event tells where it is not', async () => {
    for (const failed of [undefined, (status: number) => status >= 500]) {
      const own = fastify()
      await own.register(fastifySession, { sessions, ...(failed && { failed }) })
      own.get('/', async (request) => {
        await count(request)
        throw Object.assign(new Error('wrong'), { statusCode: 401 })
      })
      expect((await own.inject('/')).statusCode).toBe(401)
      await own.close()
    }
    expect(site.told('created', 'saved', 'dropped')).toEqual(['dropped', 'created'])
  })

  const answers: Readonly<Record<string, (app: FastifyInstance) => unknown>> = {
    'a text': (app) => app.get('/', async (request) => `hello ${await count(request)}`),
    'a redirect': (app) =>
      app.get('/', async (request, reply) => {
        await count(request)
        return reply.redirect('/there')
      }),
    'a stream': (app) =>
      app.get('/', async (request, reply) => {
        await count(request)
        return reply.header('etag', '"1"').send(Readable.from(['hello']))
      }),
    'a created thing': (app) =>
      app.get('/', async (request, reply) => {
        await count(request)
        return reply.code(201).header('cache-control', 'public, max-age=60').send({ hello: 1 })
      }),
  }

  it.each(Object.keys(answers))(
    'of a store that is down reaches the error handler, in the place of %s',
    async (name) => {
      const errors: unknown[] = []
      await app.register(fastifySession, { sessions })
      app.setErrorHandler((error, _request, reply) => {
        errors.push(error)
        return reply.send('sorry')
      })
      answers[name]?.(app)
      site.store.fail('create')
      const response = await (await site.serve(app)).visit('/')
      expect([response.status, await response.text(), response.headers.getSetCookie()]).toEqual([500, 'sorry', []])
      expect([
        response.headers.get('location'),
        response.headers.get('etag'),
        response.headers.get('cache-control'),
      ]).toEqual([null, null, 'no-store'])
      expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORE' })])
      expect(site.told('failed')).toEqual(['failed'])
    },
  )

  it.each(['load', 'update'] as const)('of a store that fails at "%s" is told to onEvent, once', async (method) => {
    await app.register(fastifySession, { sessions })
    // Where it is nested, each of its hooks runs twice.
    await app.register(fastifySession, { sessions })
    app.setErrorHandler((error, request, reply) => {
      failSession(request, error)
      return reply.code(503).send('sorry')
    })
    app.get('/', async (request) => `Visit ${await count(request)}`)
    const { cookie } = await sessions.issue({ count: 1 })
    site.store.fail(method)
    const client = await site.serve(app)
    client.cookie = cookie
    for (const visits of [1, 2]) {
      expect((await client.visit('/')).status).toBe(503)
      expect(site.told('failed')).toHaveLength(visits)
    }
  })
})
