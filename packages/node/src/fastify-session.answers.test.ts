import type { FastifyInstance, RouteHandlerMethod } from 'fastify'
import { describe, expect, it } from 'vitest'
import { fastifySession, type SessionManager } from './index.js'
import { fastifyOfEachTest } from './testing/fastify-app.js'
import { type Data, handleOf, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
let app: FastifyInstance
let sessions: SessionManager<Data>

fastifyOfEachTest(site, (made) => {
  app = made.app
  sessions = made.sessions
})

const change = async (request: object): Promise<void> => {
  ;(await handleOf(request).write()).update('count', (n = 0) => n + 1)
}

/** What the client gets, once for each answer, and what is stored. */
async function visit(handler: RouteHandlerMethod): Promise<unknown[]> {
  await app.register(fastifySession, { sessions })
  app.get('/', handler)
  const client = await site.serve(app)
  const response = await client.visit('/')
  const body = await response.text()
  return [response.status, body, (await sessions.read(client.cookie)).get('count')]
}

describe('in Fastify, an answer that waits for the store', () => {
  const answers: Readonly<Record<string, RouteHandlerMethod>> = {
    'that its handler does not return': async (request, reply) => {
      await change(request)
      reply.send('the answer')
    },
    'behind which its handler throws': async (request, reply) => {
      await change(request)
      reply.send('the answer')
      throw new Error('too late')
    },
    'behind which its handler returns another one': async (request, reply) => {
      await change(request)
      reply.send('the answer')
      return 'another one'
    },
    'behind which its handler sends another one': async (request, reply) => {
      await change(request)
      reply.send('the answer')
      return reply.code(500).send('another one')
    },
    'behind which its handler ends the response of Node': async (request, reply) => {
      await change(request)
      reply.send('the answer')
      reply.raw.end()
    },
    'behind which its handler writes to the response of Node': async (request, reply) => {
      await change(request)
      reply.send('the answer')
      reply.raw.writeHead(500)
      reply.raw.flushHeaders()
      reply.raw.write('another one')
      reply.raw.end('another one')
    },
  }

  it.each(Object.entries(answers))('goes out whole, once: one %s', async (_name, handler) => {
    expect(await visit(handler)).toEqual([200, 'the answer', 1])
  })

  it('is a 500 where the store fails, and its handler ends the response of Node', async () => {
    site.store.fail('create')
    const [status, body] = await visit(
      answers['behind which its handler ends the response of Node'] as RouteHandlerMethod,
    )
    expect([status, body]).toEqual([500, expect.stringContaining('ERR_SESSION_STORE')])
  })

  it('goes out whole where it is the one of an async error handler', async () => {
    app.setErrorHandler(async (_error, request, reply) => {
      ;(await handleOf(request).write()).destroy()
      reply.code(409).send('no')
    })
    expect(
      await visit(async () => {
        throw new Error('broken')
      }),
    ).toEqual([409, 'no', undefined])
  })

  it('goes out once where a slow hook lets a second one through', async () => {
    app.addHook('onSend', (_request, _reply, payload, done) => void setImmediate(done, null, payload))
    expect(await visit(answers['that its handler does not return'] as RouteHandlerMethod)).toEqual([
      200,
      'the answer',
      1,
    ])
  })
})

describe('in Fastify, an answer that can not be sent once the store has answered', () => {
  const wrong: Readonly<Record<string, RouteHandlerMethod>> = {
    'a header that is none': async (request, reply) => {
      await change(request)
      return reply.header('x-name', 'a\nb').send('hello')
    },
    'a redirect to what is no address': async (request, reply) => {
      await change(request)
      return reply.redirect('/\u2028')
    },
    'a body that is none': async (request, reply) => {
      await change(request)
      return reply.serializer(() => 5 as never).send({})
    },
  }

  it.each(Object.entries(wrong))('reaches the error handler: %s', async (_name, handler) => {
    app.setErrorHandler((_error, _request, reply) => {
      reply.removeHeader('x-name')
      reply.removeHeader('location')
      return reply.code(500).send('sorry')
    })
    expect((await visit(handler)).slice(0, 2)).toEqual([500, 'sorry'])
  })
})
