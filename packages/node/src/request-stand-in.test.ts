import { createServer, IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { expressSession, fastifySession, nodeSession, requestOf } from './index.js'
import { sourceOf } from './node-request.js'
import { standInFor } from './request-stand-in.js'
import { exchange } from './testing/client.js'
import { listen } from './testing/servers.js'
import { handleOf, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()

/** What a listener sees of one request, which is sent as this text, to a server that takes what it should not. */
async function seen<T>(head: string, look: (request: IncomingMessage) => T): Promise<T> {
  let result: T | undefined
  const server = createServer({ insecureHTTPParser: true }, (request, response) => {
    result = look(request)
    response.end()
  })
  const { port, close } = await listen(server)
  await exchange(port, `${head}\r\nConnection: close\r\n\r\n`)
  await close()
  return result as T
}

const HEADS = [
  'GET /path?q=1 HTTP/1.1\r\nHost: app.example\r\nCookie: a=1; __Host-sid=x\r\nX-One: 1\r\nX-One: 2',
  'GET /path HTTP/1.1\r\nHost: app.example\r\nCookie: a=1\r\nCookie: b=2',
  'TRACE / HTTP/1.1\r\nHost: a b\r\nCookie:',
  'POST //evil/ HTTP/1.1\r\nHost: app.example\r\nCookie: \u00e9=\u00e9\r\nContent-Length: 0',
  'GET / HTTP/1.1\r\nHost: app.example\r\nCookie: a=\u00011',
  'GET / HTTP/1.0\r\nX-One:  spaced \t ',
]

describe('what stands in for the Request of a request of Node', () => {
  it.each(HEADS)('says of itself what the Request says: %j', async (head) => {
    const [standIn, real] = await seen(head, (request) => [sourceOf(request), requestOf(request)])
    expect(standIn).not.toBe(real)
    expect(standIn).toBeInstanceOf(Request)
    expect(standIn.headers).toBeInstanceOf(Headers)
    const names = Reflect.ownKeys(Request.prototype).filter((name) => typeof name === 'string')
    for (const name of names) {
      if (name === 'headers' || name === 'constructor') continue
      const [a, b]: unknown[] = [Reflect.get(standIn, name), Reflect.get(real, name)]
      expect([name, typeof a]).toEqual([name, typeof b])
      if (typeof b !== 'function') expect([name, a]).toEqual([name, b])
    }
    for (const name of ['cookie', 'Cookie', 'host', 'x-one', 'X-ONE', 'x-none', 'constructor', 'set-cookie']) {
      expect([name, standIn.headers.get(name)]).toEqual([name, real.headers.get(name)])
    }
    expect([...standIn.headers]).toEqual([...real.headers])
    expect(standIn.headers.has('host')).toBe(real.headers.has('host'))
    expect(() => standIn.headers.get(':authority')).toThrow(TypeError)
    expect(standIn.clone().url).toBe(real.url)
    expect(await standIn.text()).toBe('')
  })

  it('has the session that the Request has, whichever is asked first', async () => {
    const sessions = site.manager()
    const { cookie } = await sessions.issue({ count: 1 })
    for (const order of ['handle first', 'Request first']) {
      let isSame: boolean | undefined
      const handler = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        if (order === 'Request first') sessions.open(requestOf(request))
        const handle = handleOf(request)
        isSame = handle === sessions.open(requestOf(request))
        ;(await sessions.write(requestOf(request))).update('count', (n = 0) => n + 1)
        response.end(String((await handle.read()).get('count')))
      }
      const client = await site.serve(nodeSession(sessions, handler))
      const response = await client.visit('/', { headers: { cookie } })
      expect([order, isSame]).toEqual([order, true])
      expect(await response.text()).toBe(order === 'handle first' ? '2' : '3')
      await site.close()
    }
  })

  it('has it as well where another library handles the Request within', async () => {
    const sessions = site.manager()
    const app = express().use(expressSession(sessions))
    app.get('/', async (request, response) => {
      const session = await handleOf(request).write()
      session.update('count', (n = 0) => n + 1)
      const inner = await sessions.handle(requestOf(request), async (handle) => {
        return new Response(String((await handle.read()).get('count')))
      })
      for (const line of inner.headers.getSetCookie()) response.appendHeader('Set-Cookie', line)
      response.send(await inner.text())
    })
    const client = await site.serve(app)
    expect(await (await client.visit('/')).text()).toBe('1')
    expect(await (await client.visit('/')).text()).toBe('2')
  })

  it('has it whatever middleware does to the request in between', async () => {
    const sessions = site.manager()
    const { cookie } = await sessions.issue({ count: 1 })
    const seen: unknown[] = []
    const app = express().use(expressSession(sessions))
    app.post('/path', async (request, response) => {
      const handle = handleOf(request)
      await handle.read()
      request.headers.cookie = undefined
      request.url = '/other'
      request.originalUrl = '/other'
      request.method = 'DELETE'
      const web = requestOf(request)
      seen.push(sessions.open(web) === handle, web.method, new URL(web.url).pathname, web.headers.get('cookie'))
      ;(await sessions.write(web)).set('count', 100)
      response.send('ok')
    })
    const client = await site.serve(app)
    await client.visit('/path', { method: 'POST', headers: { cookie } })
    expect(seen).toEqual([true, 'POST', '/path', cookie])
    expect((await sessions.read(cookie)).get('count')).toBe(100)
  })

  it('has the host and protocol of the framework, also where the Request is asked for by what lies beneath', async () => {
    const sessions = site.manager()
    const urls: string[] = []
    const app = fastify({ trustProxy: true, forceCloseConnections: true })
    await app.register(fastifySession, { sessions })
    app.get('/path', async (request) => {
      await handleOf(request).read()
      urls.push(requestOf(request.raw).url, requestOf(request).url)
      return 'ok'
    })
    const client = await site.serve(app)
    await client.visit('/path', { headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example' } })
    expect(urls).toEqual(['https://app.example/path', 'https://app.example/path'])
  })

  it.each([
    ['an object', () => ({ method: 'GET', url: '/' }) as IncomingMessage],
    ['one of Node, as for a function in a cloud', () => new IncomingMessage(new Socket())],
  ])('is opened for a request that was made by hand, with names of headers in capitals: %s', async (_, make) => {
    const sessions = site.manager()
    const { cookie } = await sessions.issue({ count: 7 })
    for (const name of ['cookie', 'Cookie', 'COOKIE']) {
      const raw = make()
      raw.headers = { [name]: cookie }
      const handle = sessions.open(sourceOf(raw))
      expect([name, (await handle.read()).get('count')]).toEqual([name, 7])
      expect(sessions.open(sourceOf(raw))).toBe(handle)
    }
  })

  it('can all that the Request can where a server has put a class of its own in its place', async () => {
    class Light extends Request {}
    class Stand {
      readonly real: Request
      constructor(real: Request) {
        this.real = real
      }
      static of({ real }: Stand): Request {
        return real
      }
    }
    standInFor(Stand, Light)
    const real = new Request('https://example.com/path', { headers: { 'x-one': '1' } })
    const standIn = new Stand(real) as unknown as Request
    expect(standIn).toBeInstanceOf(Light)
    expect([standIn.signal, standIn.headers.get('x-one'), standIn.redirect]).toEqual([real.signal, '1', 'follow'])
    expect(standIn.clone().url).toBe(real.url)
  })

  it('can so as well where the class is of another realm, as within Jest and node:vm', () => {
    // Behind it is that realm's Object.prototype, which is not ours.
    const root = Object.create(null, Object.getOwnPropertyDescriptors(Object.prototype))
    class Foreign {
      get url(): string {
        return 'https://example.com/'
      }
    }
    Object.setPrototypeOf(Foreign.prototype, root)
    class Stand {
      readonly real: Foreign = new Foreign()
      static of({ real }: Stand): Foreign {
        return real
      }
    }
    standInFor(Stand, Foreign)
    expect((new Stand() as unknown as Foreign).url).toBe('https://example.com/')
    expect(Object.hasOwn(Stand.prototype, 'isPrototypeOf')).toBe(false)
  })

  it('tells a domain that is a function what it asks for', async () => {
    const asked: (string | null)[] = []
    const domain = (request: Request | undefined): undefined => void asked.push(request?.headers.get('x-one') ?? null)
    const sessions = site.manager({ cookie: { domain } })
    const handler = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      ;(await handleOf(request).write()).update('count', (n = 0) => n + 1)
      response.end('ok')
    }
    const client = await site.serve(nodeSession(sessions, handler))
    const response = await client.visit('/', { headers: { 'x-one': '1' } })
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(asked).toContain('1')
  })
})
