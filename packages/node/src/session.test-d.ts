import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createSecureServer, type Http2ServerRequest } from 'node:http2'
import express, { type ErrorRequestHandler } from 'express'
import fastify from 'fastify'
import { describe, expectTypeOf, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import {
  expressSession,
  fastifySession,
  MemoryStore,
  nodeSession,
  requestOf,
  type SessionHandle,
  SessionManager,
  sessionOf,
} from './index.js'

interface Data {
  count: number
}

const sessions: SessionManager<Data> = new SessionManager<Data>({ store: new MemoryStore(), secret })

declare module './register.js' {
  interface Register {
    sessions: typeof sessions
  }
}

describe('onError of expressSession', () => {
  it('can be an error handler of Express', () => {
    const handler: ErrorRequestHandler = (error, _request, response, _next) => void response.send(String(error))
    express().use(expressSession(sessions, { onError: handler }))
  })
})

describe('expressSession', () => {
  it('fits where next takes an Error alone, as in h3', () => {
    type NodeMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: Error) => unknown) => unknown
    expectTypeOf(expressSession(sessions)).toExtend<NodeMiddleware>()
  })
})

describe('what an application has registered', () => {
  it('types req.session of Express, in each kind of handler', () => {
    const app = express().use(expressSession(sessions))
    app.get('/', (request) => {
      expectTypeOf(request.session).toEqualTypeOf<SessionHandle<Data>>()
    })
    app.use(async (request, _response, next) => {
      expectTypeOf((await request.session.read()).get('count')).toEqualTypeOf<number | undefined>()
      next()
    })
    app.use('/sub', express.Router().use(expressSession({ store: new MemoryStore(), secret })))
  })

  it('types request.session of Fastify', async () => {
    const app = fastify()
    await app.register(fastifySession, { sessions })
    await app.register(fastifySession, { sessions, as: 'other', failed: (status) => status === 500 })
    // @ts-expect-error: sessions are needed
    app.register(fastifySession, {})
    app.get('/', async (request) => {
      expectTypeOf(request.session).toEqualTypeOf<SessionHandle<Data>>()
    })
  })

  it('types sessionOf', () => {
    expectTypeOf(sessionOf({})).toEqualTypeOf<SessionHandle<Data>>()
    expectTypeOf(sessionOf<{ user: string }>({})).toEqualTypeOf<SessionHandle<{ user: string }>>()
  })
})

describe('nodeSession', () => {
  it('types request.session by its sessions, and the request by its server', () => {
    createServer(
      nodeSession(sessions, (request, response) => {
        expectTypeOf(request.session).toEqualTypeOf<SessionHandle<Data>>()
        expectTypeOf(request).toExtend<IncomingMessage>()
        response.end()
      }),
    )
    createSecureServer(
      nodeSession(sessions, (request, response) => {
        expectTypeOf(request.session).toEqualTypeOf<SessionHandle<Data>>()
        expectTypeOf(request).toExtend<Http2ServerRequest>()
        response.end()
      }),
    )
  })

  it('types the property by its name', () => {
    nodeSession(
      sessions,
      (request) => {
        expectTypeOf(request.visitor).toEqualTypeOf<SessionHandle<Data>>()
      },
      { as: 'visitor' },
    )
  })
})

describe('requestOf', () => {
  it('takes requests of Node and of Fastify', () => {
    expectTypeOf(requestOf).toBeCallableWith({} as IncomingMessage)
    fastify().get('/', async (request) => requestOf(request).url)
  })
})
