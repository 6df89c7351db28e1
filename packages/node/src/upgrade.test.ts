import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { expressSession, fastifySession, nodeSession, type SessionHandle, type SessionManager } from './index.js'
import { exchange, until } from './testing/client.js'
import { listen, type Running } from './testing/servers.js'
import { type Data, handleOf, siteOfEachTest, visitorOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
const visitor = visitorOfEachTest(site)
let running: Running | undefined
let app: FastifyInstance | undefined
let client: WebSocket | undefined

afterEach(async () => {
  client?.terminate()
  await running?.close()
  await app?.close()
  running = undefined
  app = undefined
})

type Accept = (request: object) => void
type Upgrade = (request: IncomingMessage, response: ServerResponse, accept: Accept) => void

/** How middleware comes to run for a WebSocket: the library makes a response that it never sends. */
const ways: Readonly<Record<string, (sessions: SessionManager<Data>) => Promise<Upgrade>>> = {
  'expressSession, with a response as express-ws makes it': async (sessions) => (request, response, accept) =>
    expressSession(sessions)(request, response, () => accept(request)),
  'expressSession, with a response without events as engine.io makes it': async (sessions) => (request, _, accept) =>
    expressSession(sessions)(request, { setHeader: () => {} } as never, () => accept(request)),
  nodeSession: async (sessions) => (request, response, accept) => nodeSession(sessions, accept)(request, response),
  'fastifySession, as @fastify/websocket runs it': async (sessions) => {
    app = fastify()
    let taken: Accept = () => {}
    await app.register(fastifySession, { sessions })
    app.get('/', (request, reply) => {
      reply.hijack()
      taken(request)
    })
    await app.ready()
    return (request, response, accept) => {
      taken = accept
      app?.routing(request, response)
    }
  },
}

/** The handle of a request that a WebSocket has taken. */
async function connected(upgrade: Upgrade, headers: Record<string, string>): Promise<SessionHandle<Data>> {
  const sockets = new WebSocketServer({ noServer: true })
  let handle: SessionHandle<Data> | undefined
  running = await listen(createServer())
  running.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrade(request, new ServerResponse(request), (upgraded) => {
      sockets.handleUpgrade(request, socket, head, () => {
        handle = handleOf(upgraded)
      })
    })
  })
  client = new WebSocket(`ws://127.0.0.1:${running.port}`, { headers })
  client.on('error', () => {})
  await until(() => handle !== undefined)
  return handle as unknown as SessionHandle<Data>
}

describe.each(Object.entries(ways))('the session of a WebSocket, by %s', (_name, make) => {
  const open = async (): Promise<SessionHandle<Data>> =>
    connected(await make(visitor.sessions), { cookie: visitor.cookie })

  it('is read anew each time, and hears of a sign-out elsewhere', async () => {
    const handle = await open()
    expect((await handle.read()).get('count')).toBe(1)
    await visitor.sessions.destroy(visitor.id)
    expect((await handle.read()).get('count')).toBeUndefined()
  })

  it('is changed by save(change), and refuses a write that no response would store', async () => {
    const handle = await open()
    const written = await handle.write()
    for (const change of [() => written.set('count', 2), () => written.destroy()])
      expect(change).toThrow(expect.objectContaining({ code: 'ERR_SESSION_COMMITTED' }))
    await handle.save((session) => void session.set('count', 2))
    expect([await visitor.count(), (await handle.read()).get('count')]).toEqual([2, 2])
  })

  it('ends at once by save(change)', async () => {
    await (await open()).save((session) => void session.destroy())
    expect(await visitor.count()).toBeUndefined()
  })
})

it('a request that asks for an upgrade that nobody takes is answered as any other', async () => {
  const client = await site.serve(
    nodeSession(visitor.sessions, async ({ session }, response: ServerResponse) => {
      ;(await session.write()).set('count', 2)
      response.end('stored')
    }),
  )
  const received = await exchange(
    client.port,
    `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${visitor.cookie}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    (text) => text.includes('stored'),
  )
  expect(received).toContain('200 OK')
  expect(await visitor.count()).toBe(2)
})
