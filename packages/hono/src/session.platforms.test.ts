import type { AddressInfo } from 'node:net'
import { MemoryStore, type SessionHandle } from '@fetch-sessions/core'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { handle as lambda } from 'hono/aws-lambda'
import { handle as pages, handleMiddleware as pagesMiddleware } from 'hono/cloudflare-pages'
import { handle as edge } from 'hono/lambda-edge'
import { handle as netlify } from 'hono/netlify'
import { handle as serviceWorker } from 'hono/service-worker'
import { handle as vercel } from 'hono/vercel'
import { describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { session } from './index.js'

interface Data {
  count: number
}

type Env = { Variables: { session: SessionHandle<Data> } }

/** An app whose sessions are a function, and how often that was called. A second call has another store. */
function counter(): { app: Hono<Env>; called: () => number; middleware: ReturnType<typeof session<Data>> } {
  let called = 0
  const middleware = session<Data>((_c) => {
    called++
    return { store: new MemoryStore(), secret }
  })
  const app = new Hono<Env>()
  app.use(middleware)
  app.get('/count', async (c) => c.text(String((await c.var.session.write()).update('count', (n = 0) => n + 1))))
  return { app, called: () => called, middleware }
}

interface Answer {
  text: string
  setCookie: string | undefined
}
type Platform = (app: Hono<Env>) => (cookie: string) => Promise<Answer>

const get = (cookie: string): Request => new Request('https://example.com/count', { headers: { cookie } })
const answer = async (response: Response): Promise<Answer> => ({
  text: await response.text(),
  setCookie: response.headers.getSetCookie()[0],
})
const DB = {}

const platforms: [string, Platform][] = [
  [
    'Bun, whose server is always the same',
    (app) => {
      const server = { requestIP: () => null }
      return async (cookie) => answer(await app.fetch(get(cookie), server))
    },
  ],
  [
    'Bun, with a server in an object',
    (app) => {
      const server = { requestIP: () => null }
      return async (cookie) => answer(await app.fetch(get(cookie), { server }))
    },
  ],
  [
    'Deno',
    (app) => async (cookie) => {
      // As Deno has it: getters of a class.
      class ServeHandlerInfo {
        get remoteAddr(): object {
          return { hostname: '127.0.0.1', port: Math.random() }
        }
        get completed(): Promise<void> {
          return Promise.resolve()
        }
      }
      return answer(await app.fetch(get(cookie), new ServeHandlerInfo()))
    },
  ],
  [
    'Workers, whose env is the same object',
    (app) => {
      const env = { DB }
      return async (cookie) => answer(await app.fetch(get(cookie), env, executionContext()))
    },
  ],
  [
    'Workers, with an env of the same bindings',
    (app) => async (cookie) => answer(await app.fetch(get(cookie), { DB, SECRET: 's' }, executionContext())),
  ],
  ['Cloudflare Pages', (app) => async (cookie) => answer(await pages(app as never)(pagesEvent(cookie)))],
  [
    'AWS Lambda behind API Gateway (v2)',
    (app) => async (cookie) => {
      const result = (await lambda(app as never)(apiGatewayV2(cookie), {} as never)) as {
        body: string
        cookies?: string[]
      }
      return { text: result.body, setCookie: result.cookies?.[0] }
    },
  ],
  [
    'AWS Lambda behind API Gateway (v1)',
    (app) => async (cookie) => {
      const event = {
        httpMethod: 'GET',
        path: '/count',
        headers: { host: 'example.com', cookie },
        requestContext: { domainName: 'example.com', requestId: crypto.randomUUID() },
      }
      const result = (await lambda(app as never)(event as never, {} as never)) as unknown as {
        body: string
        multiValueHeaders?: Record<string, string[]>
      }
      return { text: result.body, setCookie: result.multiValueHeaders?.['set-cookie']?.[0] }
    },
  ],
  [
    'Lambda@Edge',
    (app) => async (cookie) => {
      const event = {
        Records: [
          {
            cf: {
              config: { distributionDomainName: 'example.com', requestId: crypto.randomUUID() },
              request: {
                clientIp: '1.2.3.4',
                headers: { host: [{ key: 'Host', value: 'example.com' }], cookie: [{ key: 'Cookie', value: cookie }] },
                method: 'GET',
                querystring: '',
                uri: '/count',
              },
            },
          },
        ],
      }
      const result = (await edge(app as never)(event as never, {} as never, undefined as never)) as unknown as {
        body: string
        headers: Record<string, { value: string }[]>
      }
      return { text: result.body, setCookie: result.headers['set-cookie']?.[0]?.value }
    },
  ],
  [
    'Netlify',
    (app) => async (cookie) =>
      answer(await netlify(app as never)(get(cookie), { geo: {}, requestId: crypto.randomUUID() })),
  ],
  ['Vercel', (app) => async (cookie) => answer(await vercel(app as never)(get(cookie)))],
  [
    'a service worker',
    (app) => async (cookie) => {
      let responded: Promise<Response> | undefined
      const event = {
        request: get(cookie),
        respondWith: (response: Promise<Response>) => {
          responded = response
        },
      }
      serviceWorker(app as never, { fetch: undefined as never })(event as never)
      return answer((await responded) as Response)
    },
  ],
  [
    'app.request with an env of its own each time',
    (app) => async (cookie) => answer(await app.request('/count', { headers: { cookie } }, { DB, SECRET: 's' })),
  ],
  ['app.request without one', (app) => async (cookie) => answer(await app.request('/count', { headers: { cookie } }))],
]

function executionContext(): never {
  return { waitUntil: () => {}, passThroughOnException: () => {}, props: {} } as never
}

function pagesEvent(cookie: string): never {
  return {
    request: get(cookie),
    env: { DB },
    params: {},
    data: {},
    waitUntil: () => {},
    passThroughOnException: () => {},
    next: async () => new Response('next'),
  } as never
}

function apiGatewayV2(cookie: string): never {
  const requestContext = { http: { method: 'GET' }, domainName: 'example.com', requestId: crypto.randomUUID() }
  return {
    version: '2.0',
    rawPath: '/count',
    rawQueryString: '',
    cookies: [cookie],
    headers: {},
    requestContext,
  } as never
}

describe('a function as sessions is called once, and the cookie comes back,', () => {
  it.each(platforms)('on %s', async (_name, platform) => {
    const { app, called } = counter()
    const respond = platform(app)
    const first = await respond('')
    const cookie = first.setCookie?.split(';')[0] ?? ''
    expect([first.text, (await respond(cookie)).text, (await respond(cookie)).text, called()]).toEqual([
      '1',
      '2',
      '3',
      1,
    ])
  })

  it('as a middleware of Cloudflare Pages', async () => {
    const { middleware, called } = counter()
    const respond = pagesMiddleware(async (c, next) => {
      await middleware(c as never, next)
    })
    for (let i = 0; i < 3; i++) expect(await (await respond(pagesEvent(''))).text()).toBe('next')
    expect(called()).toBe(1)
  })

  it('on Node, over HTTP', async () => {
    const { app, called } = counter()
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    try {
      await new Promise((resolve) => server.once('listening', resolve))
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/count`
      const first = await fetch(url)
      const headers = { cookie: first.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
      expect([await first.text(), await (await fetch(url, { headers })).text(), called()]).toEqual(['1', '2', 1])
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })
})
