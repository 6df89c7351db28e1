import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import express from 'express'
import fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import {
  expressSession,
  fastifySession,
  MemoryStore,
  nodeSession,
  requestOf,
  type SessionEvent,
  SessionManager,
  type SessionOptions,
  sessionOf,
} from './index.js'
import { Client, exchange } from './testing/client.js'
import { listen, listenFastify, type Running } from './testing/servers.js'

interface Data {
  count: number
}

let running: Running | undefined
let events: SessionEvent[]

beforeEach(() => {
  events = []
})

afterEach(async () => {
  await running?.close()
  running = undefined
})

const manager = (options: Partial<SessionOptions<Data>> = {}): SessionManager<Data> =>
  new SessionManager<Data>({
    store: new MemoryStore(),
    secret,
    onEvent: (event) => events.push(event),
    ...options,
  })

async function start(handler: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Client> {
  running = await listen(createServer(nodeSession(manager(), handler)))
  return new Client(running.origin)
}

describe('requestOf', () => {
  it('is the Request of a request: one for each, with its method, URL and headers, and no body', async () => {
    const seen: unknown[] = []
    const client = await start(async (request, response) => {
      const web = requestOf(request)
      seen.push(web.method, new URL(web.url).pathname, web.headers.get('x-one'), web.body, requestOf(request) === web)
      response.end()
    })
    await client.visit('/path?q=1', { method: 'PUT', body: 'hello', headers: { 'x-one': '1' } })
    expect(seen).toEqual(['PUT', '/path', '1', null, true])
  })

  it.each([
    ['GET //evil.example/path HTTP/1.1\r\nHost: app.example', 'http://app.example//evil.example/path'],
    ['GET http://other.example/path?q HTTP/1.1\r\nHost: app.example:8080', 'http://app.example:8080/path?q'],
    ['OPTIONS * HTTP/1.1\r\nHost: app.example', 'http://app.example/*'],
    ['GET / HTTP/1.1\r\nHost: a b', 'http://localhost/'],
    ['GET /admin HTTP/1.1\r\nHost: x/public?', 'http://localhost/admin'],
    ['GET /admin HTTP/1.1\r\nHost: x/public#', 'http://localhost/admin'],
    ['GET /admin HTTP/1.1\r\nHost: x\\public?', 'http://localhost/admin'],
    ['GET /admin HTTP/1.1\r\nHost: user:word@x', 'http://localhost/admin'],
    ['GET /admin HTTP/1.1\r\nHost: [::1]:8080', 'http://[::1]:8080/admin'],
    ['GET / HTTP/1.0\r\nX-One: 1', 'http://localhost/'],
    ['TRACE / HTTP/1.1\r\nHost: app.example', 'http://app.example/'],
  ])('has a URL of this server, whatever it was asked for: %j', async (head, url) => {
    let seen = ''
    await start((request, response) => {
      seen = requestOf(request).url
      response.end()
    })
    await exchange(running?.port ?? 0, `${head}\r\nConnection: close\r\n\r\n`)
    expect(seen).toBe(url)
  })
})

describe('behind a proxy that speaks https,', () => {
  const head = 'GET / HTTP/1.1\r\nHost: inside:8080\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: app.example\r\n'
  const ask = (): Promise<string> => exchange(running?.port ?? 0, `${head}Connection: close\r\n\r\n`)

  it.each([
    [true, 'https://app.example/'],
    [false, 'http://inside:8080/'],
  ])('a request of Express has its URL where the proxy is trusted: %s', async (isTrusted, url) => {
    let seen = ''
    const app = express().set('trust proxy', isTrusted).use(expressSession(manager()))
    app.get('/', (request, response) => {
      seen = requestOf(request).url
      response.send('ok')
    })
    running = await listen(createServer(app as RequestListener))
    await ask()
    expect(seen).toBe(url)
  })

  it.each([
    [true, 'https://app.example/'],
    [false, 'http://inside:8080/'],
  ])('a request of Fastify has its URL where the proxy is trusted: %s', async (isTrusted, url) => {
    let seen = ''
    const app = fastify({ trustProxy: isTrusted, forceCloseConnections: true })
    await app.register(fastifySession, { sessions: manager() })
    app.get('/', async (request) => {
      seen = requestOf(request).url
      return 'ok'
    })
    running = await listenFastify(app)
    await ask()
    expect(seen).toBe(url)
  })

  it('a router that is mounted below a path sees the whole path', async () => {
    let seen = ''
    const inner = express.Router().get('/page', (request, response) => {
      seen = new URL(requestOf(request).url).pathname
      response.send('ok')
    })
    running = await listen(
      createServer(express().use(expressSession(manager())).use('/below', inner) as RequestListener),
    )
    await fetch(`${running.origin}/below/page?q=1`)
    expect(seen).toBe('/below/page')
  })

  it('a domain that is a function is asked with the request', async () => {
    const domain = (request: Request | undefined): string | undefined => request && new URL(request.url).hostname
    const app = express()
      .set('trust proxy', true)
      .use(expressSession(manager({ cookie: { domain } })))
    app.get('/', async (request, response) => {
      ;(await sessionOf<Data>(request).write()).set('count', 1)
      response.send('ok')
    })
    running = await listen(createServer(app as RequestListener))
    expect(await ask()).toMatch(/^set-cookie: __Secure-sid=.*; Domain=app\.example/im)
  })

  it('nobody is warned of cookies that do not come back; over plain http to another host, once', async () => {
    const app = express().use(expressSession(manager()))
    app.get('/', async (request, response) => {
      ;(await sessionOf<Data>(request).write()).set('count', 1)
      response.send('ok')
    })
    running = await listen(createServer(app as RequestListener))
    const warnings = (): string[] => events.flatMap((event) => (event.type === 'warning' ? [event.warning] : []))
    for (let i = 0; i < 10; i++) await ask()
    expect(warnings()).toEqual([])
    for (let i = 0; i < 10; i++) {
      await exchange(running.port, 'GET / HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n\r\n')
    }
    expect(warnings()).toEqual(['cookie-never-returns'])
  })
})
