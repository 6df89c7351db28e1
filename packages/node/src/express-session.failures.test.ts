import type { RequestListener } from 'node:http'
import express, { type ErrorRequestHandler } from 'express'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ExpressSessionOptions, expressSession, type SessionMiddleware } from './index.js'
import { type Data, handleOf, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
let told: unknown[]

beforeEach(() => {
  site.store.fail('create')
  told = []
  vi.spyOn(console, 'error').mockImplementation((error) => void told.push(error))
})

afterEach(() => {
  vi.restoreAllMocks()
})

const outage = expect.objectContaining({ code: 'ERR_SESSION_STORE' })

const change = async (request: object): Promise<void> => {
  ;(await handleOf(request).write()).set('count', 1)
}

const middleware = (options?: ExpressSessionOptions): SessionMiddleware => expressSession<Data>(site.manager(), options)

/** What a client gets of a server, and what the console was told. */
async function visit(application: unknown): Promise<unknown[]> {
  const response = await (await site.serve(application)).visit('/')
  return [response.status, await response.text(), told]
}

/** For middleware that is called by a promise, as in the API routes of Next.js. Another call of `next` is not heard. */
const run = (use: SessionMiddleware, ...[request, response]: Parameters<RequestListener>): Promise<void> =>
  new Promise((resolve, reject) => use(request, response, (error) => (error ? reject(error) : resolve())))

describe('a session that can not be stored', () => {
  it('is a plain 500 where nobody may hear a second call of next', async () => {
    const use = middleware()
    const listener: RequestListener = async (request, response) => {
      await run(use, request, response)
      await change(request)
      response.end('hello')
    }
    expect(await visit(listener)).toEqual([500, 'Internal Server Error', [outage]])
  })

  it('calls next no second time there: it may be that of another request by then', async () => {
    const use = middleware()
    let calls = 0
    const listener: RequestListener = (request, response) => {
      use(request, response, async () => {
        calls++
        await change(request)
        response.end('hello')
      })
    }
    expect((await visit(listener))[0]).toBe(500)
    expect(calls).toBe(1)
  })

  const sorry: ErrorRequestHandler = (error, _request, response, _next) => void response.send(`sorry: ${error.code}`)
  const uses: Readonly<Record<string, (app: express.Express) => unknown>> = {
    'in the application': (app) => app.use(middleware() as never),
    'in a router': (app) => app.use(express.Router().use(middleware() as never)),
    'in a route': (app) => app.get('/', middleware() as never),
    'called by a promise': (app) => {
      const use = middleware()
      app.use(async (request, response, next) => {
        await run(use, request, response)
        next()
      })
    },
  }

  it.each(Object.entries(uses))('reaches the error handler of Express from a middleware %s', async (_name, use) => {
    const app = express().set('env', 'test')
    use(app)
    app.get('/', async (request, response) => {
      await change(request)
      response.send('hello')
    })
    app.use(sorry)
    expect(await visit(app)).toEqual([500, 'sorry: ERR_SESSION_STORE', []])
  })

  it('reaches the error handler of the router that answers', async () => {
    const router = express.Router().get('/', async (request, response) => {
      await change(request)
      response.send('hello')
    })
    router.use(sorry)
    const app = express()
      .set('env', 'test')
      .use(middleware() as never, router)
    app.use(((_error, _request, response, _next) => void response.send('the outer one')) satisfies ErrorRequestHandler)
    expect(await visit(app)).toEqual([500, 'sorry: ERR_SESSION_STORE', []])
  })

  it('is a plain 500 where Express has handed the request on to somebody else', async () => {
    const app = express().use(middleware() as never)
    const listener: RequestListener = async (request, response) => {
      await run(app as never, request, response)
      await change(request)
      response.end('hello')
    }
    expect(await visit(listener)).toEqual([500, 'Internal Server Error', [outage]])
  })

  it('is answered by onError, where there is one', async () => {
    const use = middleware({
      onError: (error, _request, response) => {
        told.push(error)
        response.writeHead(503).end('sorry')
      },
    })
    const app = express().use(use as never)
    app.get('/', async (request, response) => {
      await change(request)
      response.send('hello')
    })
    expect(await visit(app)).toEqual([503, 'sorry', [outage]])
  })

  it('is a plain 500 where onError throws, which the console is told', async () => {
    const failure = new Error('next was called twice')
    const use = middleware({
      onError: () => {
        throw failure
      },
    })
    const listener: RequestListener = async (request, response) => {
      await run(use, request, response)
      await change(request)
      response.end('hello')
    }
    expect(await visit(listener)).toEqual([500, 'Internal Server Error', [failure]])
  })

  it('has no onError that is none', () => {
    expect(() => middleware({ onError: 'log' as never })).toThrow(/onError must be/)
  })
})
