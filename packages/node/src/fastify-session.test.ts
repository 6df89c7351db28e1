import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import compress from '@fastify/compress'
import cookie from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { fastifySession, requestOf, type SessionManager } from './index.js'
import { exchange } from './testing/client.js'
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

describe('a plugin of Fastify', () => {
  it('counts for a client that keeps its cookie, whatever way a handler replies', async () => {
    await app.register(fastifySession, { sessions })
    app.get('/return', async (request) => `Visit ${await count(request)}`)
    app.get('/object', async (request) => ({ visit: await count(request) }))
    app.get('/send', async (request, reply) => reply.send(`Visit ${await count(request)}`))
    app.get('/buffer', async (request, reply) => reply.send(Buffer.from(`Visit ${await count(request)}`)))
    app.get('/stream', async (request, reply) => reply.send(Readable.from([`Visit ${await count(request)}`])))
    app.get('/web-stream', async (request, reply) =>
      reply.send(new Blob([`Visit ${await count(request)}`]).stream() as never),
    )
    app.get('/response', async (request, reply) =>
      reply.send(
        new Response(`Visit ${await count(request)}`, {
          status: 201,
          headers: { vary: 'Accept', 'cache-control': 'public', 'set-cookie': 'other=1' },
        }),
      ),
    )
    app.get('/file', async (request, reply) => {
      await count(request)
      return reply.send(createReadStream(new URL(import.meta.url)))
    })
    app.get('/redirect', async (request, reply) => {
      await count(request)
      return reply.redirect('/there', 303)
    })
    app.get('/nothing', async (request, reply) => {
      await count(request)
      return reply.code(204).send()
    })
    app.get('/raw', async (request, reply) => {
      const visit = await count(request)
      reply.hijack()
      reply.raw.write('Visit ')
      reply.raw.end(String(visit))
    })
    app.setNotFoundHandler(async (request, reply) => reply.code(404).send(`Visit ${await count(request)}`))
    const client = await site.serve(app)
    const texts = ['/return', '/send', '/buffer', '/stream', '/web-stream', '/response', '/raw', '/nowhere']
    for (const [i, path] of texts.entries()) expect([path, await client.text(path)]).toEqual([path, `Visit ${i + 1}`])
    expect(await client.text('/file')).toContain('fastifySession')
    expect((await client.visit('/redirect')).status).toBe(303)
    expect((await client.visit('/nothing')).status).toBe(204)
    expect(await client.text('/object')).toBe('{"visit":12}')
    const fresh = client.another()
    const response = await fresh.visit('/response')
    expect(Object.fromEntries([...response.headers].filter(([name]) => /vary|cache-control/.test(name)))).toEqual({
      vary: 'Accept, Cookie',
      'cache-control': 'private',
    })
    expect([response.status, response.headers.getSetCookie().length]).toEqual([201, 2])
    for (const path of ['/return', '/stream', '/raw', '/nothing', '/redirect', '/nowhere']) {
      const response = await client.another().visit(path)
      expect([path, response.headers.getSetCookie().length, response.headers.get('vary')]).toEqual([path, 1, 'Cookie'])
    }
  })

  it('costs a request that does not use its session no call of the store, and adds nothing to the reply', async () => {
    await app.register(fastifySession, { sessions })
    app.get('/', async () => 'same for all')
    const { cookie } = await sessions.issue({ count: 1 })
    site.store.forget()
    const client = await site.serve(app)
    client.cookie = cookie
    const response = await client.visit('/')
    expect([site.store.methods, response.headers.get('vary'), response.headers.getSetCookie()]).toEqual([[], null, []])
  })

  it('is there in hooks, in plugins that come later, and with HEAD', async () => {
    await app.register(fastifySession, { sessions })
    app.addHook('preHandler', async (request) => void (await count(request)))
    await app.register(async (inner) => {
      inner.get('/inner', async (request) => `Visit ${(await handleOf(request).read()).get('count')}`)
    })
    const client = await site.serve(app)
    expect(await client.text('/inner')).toBe('Visit 1')
    const head = await client.visit('/inner', { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '7'])
  })

  it('works with @fastify/cookie and @fastify/compress before and behind it', async () => {
    await app.register(cookie)
    await app.register(fastifySession, { sessions })
    await app.register(compress, { threshold: 0 })
    app.get('/', async (request, reply) => {
      const visit = await count(request)
      reply.setCookie('other', '1').header('cache-control', 'public, max-age=60')
      return `Visit ${visit}`.repeat(100)
    })
    const client = await site.serve(app)
    const response = await client.visit('/')
    expect(
      response.headers
        .getSetCookie()
        .map((line) => line.split('=')[0])
        .sort(),
    ).toEqual(['__Host-sid', 'other'])
    expect([response.headers.get('vary'), response.headers.get('cache-control')]).toEqual([
      expect.stringMatching(/cookie/i),
      'private, max-age=60',
    ])
    expect([response.headers.get('content-encoding'), await response.text()]).toEqual([
      expect.stringMatching(/br|gzip|zstd/),
      'Visit 1'.repeat(100),
    ])
  })

  it('replaces a cookie line and a Vary that stand on the raw response', async () => {
    await app.register(fastifySession, { sessions })
    app.get('/', async (request, reply) => {
      reply.raw.setHeader('Set-Cookie', 'raw=1')
      reply.raw.setHeader('Vary', 'Origin')
      await count(request)
      return 'ok'
    })
    const response = await (await site.serve(app)).visit('/')
    expect([response.headers.getSetCookie().length, response.headers.get('vary')]).toEqual([2, 'Origin, Cookie'])
  })
})

describe('several registrations', () => {
  it('of one manager, nested, are one session with one cookie', async () => {
    await app.register(fastifySession, { sessions })
    await app.register(fastifySession, { sessions })
    await app.register(async (inner) => {
      await inner.register(fastifySession, { sessions })
      inner.get('/', async (request) => {
        await count(request)
        return String(handleOf(request) === sessions.open(requestOf(request)))
      })
    })
    const response = await (await site.serve(app)).visit('/')
    expect([await response.text(), response.headers.getSetCookie().length, site.store.memory.size]).toEqual([
      'true',
      1,
      1,
    ])
  })

  it('of two managers with names of their own are two sessions', async () => {
    const carts = site.manager({ cookie: { name: '__Host-cart' } })
    await app.register(fastifySession, { sessions })
    await app.register(fastifySession, { sessions: carts, as: 'cart' })
    app.get('/', async (request) => {
      await count(request)
      ;(await handleOf(request, 'cart').write()).set('count', 3)
      return 'ok'
    })
    const response = await (await site.serve(app)).visit('/')
    expect(response.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['__Host-sid', '__Host-cart'])
  })

  it('of two managers under one name on one instance is an error that says so, but one manager twice is none', async () => {
    await app.register(fastifySession, { sessions: () => sessions })
    await app.register(fastifySession, { sessions })
    await app.register(async (inner) => {
      const admins = site.manager({ cookie: { name: '__Host-admin' } })
      await inner.register(fastifySession, { sessions: admins, as: 'admin' })
      await inner.register(fastifySession, { sessions: admins })
      inner.get('/inner', async (request) => `Visit ${await count(request)}`)
      await inner.register(async (innermost) => {
        await innermost.register(fastifySession, { sessions: () => admins })
        await innermost.register(fastifySession, { sessions })
        innermost.get('/clash', async (request) => `Visit ${await count(request)}`)
      })
    })
    app.get('/outer', async (request) => `Visit ${await count(request)}`)
    const client = await site.serve(app)
    expect(await client.text('/outer')).toBe('Visit 1')
    expect(await client.text('/inner')).toBe('Visit 1')
    const clash = await client.visit('/clash')
    expect([clash.status, await clash.text()]).toEqual([
      500,
      expect.stringMatching(/another manager already: give one/),
    ])
  })

  it('of two managers, the inner one within an instance of its own, leave the outer one its name outside', async () => {
    await app.register(fastifySession, { sessions })
    await app.register(async (inner) => {
      await inner.register(fastifySession, { sessions: site.manager({ cookie: { name: '__Host-inner' } }) })
      inner.get('/inner', async (request) => `Visit ${await count(request)}`)
    })
    app.get('/outer', async (request) => `Visit ${await count(request)}`)
    const client = await site.serve(app)
    const names = async (path: string): Promise<unknown[]> =>
      (await client.visit(path)).headers.getSetCookie().map((line) => line.split('=')[0])
    expect([await names('/inner'), await names('/outer')]).toEqual([['__Host-inner'], ['__Host-sid']])
  })

  it('holds for what it is registered with, and says where it is not', async () => {
    await app.register(async (inner) => {
      await inner.register(fastifySession, { sessions })
      inner.get('/inner', async (request) => `Visit ${await count(request)}`)
    })
    app.get('/outer', async (request) => `Visit ${await count(request)}`)
    const client = await site.serve(app)
    expect(await client.text('/inner')).toBe('Visit 1')
    expect(await client.text('/outer')).toMatch(/no session \\"session\\", since no session middleware ran/)
  })

  it.each([
    ['no sessions', {}, /sessions is missing/],
    [
      'an option that does not exist',
      { sessions: site.manager as never, saveUninitialized: true },
      /saveUninitialized does not exist here: there are as, failed, sessions. What is about sessions/,
    ],
    [
      'an option of expressSession',
      { sessions: site.manager as never, onError: () => {} },
      /onError does not exist here: there are as, failed, sessions/,
    ],
  ])('is refused with words: %s', async (_name, options, message) => {
    await expect(app.register(fastifySession, options as never)).rejects.toThrow(message)
  })

  it('is refused with words: called, as other plugins are', async () => {
    // What JavaScript lets one write.
    const call = fastifySession as unknown as (sessions: unknown) => Promise<void>
    await expect(call(site.manager)).rejects.toThrow(/not called: app.register\(fastifySession, { sessions }\)/)
  })

  it('is refused where requests have such a property already', async () => {
    app.decorateRequest('session', null as never)
    await expect(app.register(fastifySession, { sessions })).rejects.toThrow(/requests have a "session" already/)
  })

  it('can not be assigned to', async () => {
    await app.register(fastifySession, { sessions })
    app.get('/', async (request) => {
      Reflect.set(request, 'session', null)
      return 'ok'
    })
    expect(await (await site.serve(app)).text('/')).toMatch(/can not be assigned/)
  })
})

describe('HTTP with Fastify', () => {
  it('has trailers and a session', async () => {
    await app.register(fastifySession, { sessions })
    app.get('/', async (request, reply) => {
      await count(request)
      reply.trailer('x-sum', async () => '5')
      return reply.send('hello')
    })
    const { port } = await site.serve(app)
    const received = await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(received).toMatch(/set-cookie: __Host-sid=/i)
    expect(received).toMatch(/0\r\nx-sum: 5\r\n\r\n$/)
  })
})
