import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import connect from 'connect'
import express from 'express'
// @ts-expect-error: its types are those of Express 5 here
import express4 from 'express4'
import fastify from 'fastify'
import {
  expressSession,
  failSession,
  fastifySession,
  nodeSession,
  type SessionManager,
  type WithSession,
} from '../index.js'

/** A handler that answers by the response of Node that is under each framework. */
export type RawHandler<Data> = (request: WithSession<IncomingMessage, Data>, response: ServerResponse) => unknown

export interface Running {
  readonly origin: string
  readonly port: number
  readonly server: Server
  close(): Promise<void>
}

/** Listens at a free port of this machine. */
export async function listen(server: Server): Promise<Running> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    server,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

type Serve = <Data>(sessions: SessionManager<Data>, handler: RawHandler<Data>) => Promise<Running>

/** The frameworks, each with what is under it in the handler's hands. */
export const frameworks: Readonly<Record<string, Serve>> = {
  'node:http': (sessions, handler) => listen(createServer(nodeSession(sessions, handler, { onError: () => {} }))),
  'Express 5': (sessions, handler) => {
    const app = express().set('env', 'test').use(expressSession(sessions))
    app.use((request, response) => handler(request as never, response))
    return listen(createServer(app as RequestListener))
  },
  'Express 4': (sessions, handler) => {
    const app: ReturnType<typeof connect> & { set(name: string, value: string): typeof app } = express4()
      .set('env', 'test')
      .use(expressSession(sessions) as never)
    app.use((request, response, next) => {
      Promise.resolve(handler(request as never, response)).catch(next)
    })
    return listen(createServer(app as RequestListener))
  },
  Connect: (sessions, handler) => {
    const app = connect().use(
      expressSession(sessions, { onError: (error, _request, _response, next) => next(error) }) as never,
    )
    app.use((request, response, next) => {
      Promise.resolve(handler(request as never, response)).catch(next)
    })
    return listen(createServer(app as RequestListener))
  },
  'Fastify 5': async (sessions, handler) => {
    const app = fastify({ forceCloseConnections: true })
    await app.register(fastifySession, { sessions })
    app.all('/*', async (request, reply) => {
      reply.hijack()
      Object.defineProperty(request.raw, 'session', { get: () => request.session })
      try {
        await handler(request.raw as never, reply.raw)
      } catch (error) {
        // A reply that is hijacked is nobody's but the handler's.
        failSession(request, error)
        reply.raw.writeHead(500).end()
      }
    })
    await app.ready()
    const running = await listenFastify(app)
    return running
  },
}

async function listenFastify(app: ReturnType<typeof fastify>): Promise<Running> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, port, server: app.server, close: () => app.close() }
}

export { listenFastify }
