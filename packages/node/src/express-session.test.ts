import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import cookieParser from 'cookie-parser'
import express, { type ErrorRequestHandler, type Express } from 'express'
import { beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { expressSession, failSession, type SessionOptions } from './index.js'
import { cookieOf } from './testing/client.js'
import { type Data, handleOf, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
let app: Express

beforeEach(() => {
  app = express().set('env', 'test')
})

const sorry: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(error.status ?? 500).send(`sorry: ${error.message}`)
}

describe('a middleware of Express', () => {
  it('counts for a client that keeps its cookie, and for nobody else', async () => {
    app.use(expressSession(site.manager())).get('/', async (request, response) => {
      const session = await handleOf(request).write()
      response.send(`Visit ${session.update('count', (n = 0) => n + 1)}`)
    })
    const ada = await site.serve(app)
    const bob = ada.another()
    expect([await ada.text('/'), await ada.text('/'), await bob.text('/')]).toEqual(['Visit 1', 'Visit 2', 'Visit 1'])
  })

  it('costs a request that does not use its session no call of the store, and adds nothing to the response', async () => {
    const sessions = site.manager()
    app.use(expressSession(sessions)).get('/', (_request, response) => void response.send('same for all'))
    const { cookie } = await sessions.issue({ count: 1 })
    site.store.forget()
    const client = await site.serve(app)
    client.cookie = cookie
    const response = await client.visit('/')
    expect([site.store.methods, response.headers.get('vary'), response.headers.getSetCookie()]).toEqual([[], null, []])
  })

  it('takes options, and a function of none that makes them once', async () => {
    let made = 0
    const options = (): SessionOptions<Data> => {
      made++
      return { store: site.store, secret }
    }
    app.use(expressSession(options)).get('/', async (request, response) => {
      ;(await handleOf(request).write()).set('count', 1)
      response.send('ok')
    })
    const client = await site.serve(app)
    for (let i = 0; i < 3; i++) await client.visit('/')
    expect([made, site.store.memory.size]).toEqual([1, 1])
  })

  it('has sent no cookie before the sign-in is stored, and the redirect leads to somebody who is signed in', async () => {
    app.use(expressSession(site.manager()))
    app.get('/sign-in', async (request, response) => {
      const session = await handleOf(request).write()
      session.set('user', 'ada').regenerate()
      response.redirect(303, '/who')
    })
    app.get('/who', async (request, response) => {
      response.send((await handleOf(request).read()).get('user') ?? 'nobody')
    })
    app.get('/sign-out', async (request, response) => {
      ;(await handleOf(request).write()).destroy()
      response.redirect(303, '/who')
    })
    const client = await site.serve(app)
    for (let i = 0; i < 3; i++) {
      expect((await client.visit('/sign-in')).headers.get('location')).toBe('/who')
      expect(await client.text('/who')).toBe('ada')
    }
    await client.visit('/sign-out')
    expect([client.cookie, await client.text('/who')]).toEqual(['', 'nobody'])
  })

  it('keeps other cookies, whenever they are set, and merges Vary and Cache-Control', async () => {
    app.use(cookieParser(), expressSession(site.manager()))
    app.get('/', async (request, response) => {
      response.cookie('before', '1').vary('Accept')
      ;(await handleOf(request).write()).set('count', 1)
      response
        .append('Set-Cookie', 'after=2')
        .set('Cache-Control', 'public, max-age=60')
        .set('CDN-Cache-Control', 'max-age=9')
      response.send('ok')
    })
    const response = await (await site.serve(app)).visit('/')
    expect(response.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['before', 'after', '__Host-sid'])
    expect([response.headers.get('vary'), response.headers.get('cache-control')]).toEqual([
      'Accept, Cookie',
      'private, max-age=60',
    ])
    expect(response.headers.get('cdn-cache-control')).toBeNull()
  })

  it.each(['Cookie', 'accept, COOKIE', '*'])('leaves a Vary of "%s" as it is', async (vary) => {
    app.use(expressSession(site.manager())).get('/', async (request, response) => {
      await handleOf(request).read()
      response.set('Vary', vary).send('ok')
    })
    expect((await (await site.serve(app)).visit('/')).headers.get('vary')).toBe(vary)
  })

  it('sends files, renders pages and answers conditional requests as always', async () => {
    const sessions = site.manager()
    app.use(expressSession(sessions))
    app.engine('txt', (_path, options, done) => done(null, `hello ${(options as { name?: string }).name}`))
    app.set('views', dirname(fileURLToPath(import.meta.url)))
    app.use(async (request, _response, next) => {
      ;(await handleOf(request).write()).update('count', (n = 0) => n + 1)
      next()
    })
    app.get('/file', (_request, response) => void response.sendFile(fileURLToPath(import.meta.url)))
    app.get('/json', (_request, response) => void response.json({ a: 1 }))
    app.use('/static', express.static(dirname(fileURLToPath(import.meta.url))))
    const client = await site.serve(app)
    expect(await client.text('/file')).toContain('expressSession')
    expect(await client.text(`/static/${basename(fileURLToPath(import.meta.url))}`)).toContain('expressSession')
    const etag = (await client.visit('/json')).headers.get('etag') ?? ''
    const unchanged = await client.visit('/json', { headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' } })
    expect([unchanged.status, unchanged.headers.get('vary')]).toEqual([304, 'Cookie'])
    const head = await client.visit('/json', { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '7', ''])
    expect(await client.text('/file', { headers: { range: 'bytes=0-9' } })).toHaveLength(10)
    expect((await sessions.read(client.cookie)).get('count')).toBe(6)
  })
})

describe('an error in Express', () => {
  const failing: Readonly<Record<string, (app: Express) => unknown>> = {
    'a handler that throws': (app) =>
      app.get('/', async (request) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        throw new Error('broken')
      }),
    'a handler that rejects later': (app) =>
      app.get('/', async (request) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        await new Promise((soon) => setImmediate(soon))
        return Promise.reject(new Error('broken'))
      }),
    'a call of next': (app) =>
      app.get('/', async (request, _response, next) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        next(new Error('broken'))
      }),
    'a status of 500': (app) =>
      app.get('/', async (request, response) => {
        ;(await handleOf(request).write()).set('user', 'eve')
        response.sendStatus(500)
      }),
  }

  it.each(Object.keys(failing))('saves nothing: %s', async (name) => {
    const sessions = site.manager()
    app.use(expressSession(sessions))
    failing[name]?.(app)
    const { cookie } = await sessions.issue({ user: 'ada' })
    const client = await site.serve(app)
    client.cookie = cookie
    const response = await client.visit('/')
    expect([response.status, response.headers.get('vary')]).toEqual([500, 'Cookie'])
    expect((await sessions.read(cookie)).get('user')).toBe('ada')
    client.cookie = ''
    expect(cookieOf(await client.visit('/'))).toBe('')
    expect(site.store.memory.size).toBe(1)
  })

  it('does not keep a sign-out from being carried out, and the cookie is taken back', async () => {
    const sessions = site.manager()
    app.use(expressSession(sessions)).get('/', async (request) => {
      ;(await handleOf(request).write()).destroy()
      throw new Error('broken')
    })
    const { id, cookie } = await sessions.issue({ user: 'ada' })
    const client = await site.serve(app)
    client.cookie = cookie
    expect([(await client.visit('/')).status, client.cookie]).toEqual([500, ''])
    expect(await sessions.peek(id)).toBeUndefined()
  })

  it('below 500 saves, unless an error handler tells of it', async () => {
    const sessions = site.manager()
    app.use(expressSession(sessions))
    const refuse = async (request: object): Promise<never> => {
      ;(await handleOf(request).write()).set('user', 'eve')
      throw Object.assign(new Error('no'), { status: 409 })
    }
    app.get('/silent', refuse)
    app.get('/told', refuse, ((error, request, _response, next) => {
      failSession(request, error)
      next(error)
    }) satisfies ErrorRequestHandler)
    app.use(sorry)
    const client = await site.serve(app)
    expect([(await client.visit('/told')).status, site.store.memory.size]).toEqual([409, 0])
    expect([(await client.visit('/silent')).status, site.store.memory.size]).toEqual([409, 1])
  })

  it('is what "failed" says', async () => {
    const sessions = site.manager()
    const seen: unknown[] = []
    const failed = (status: number, error: unknown): boolean => {
      seen.push([status, error])
      return status === 418
    }
    app.use(expressSession(sessions, { failed }))
    app.get('/:status', async (request, response) => {
      ;(await handleOf(request).write()).update('count', (n = 0) => n + 1)
      response.status(Number(request.params.status)).send('so it is')
    })
    const client = await site.serve(app)
    for (const [path, stored] of [
      ['/418', 0],
      ['/503', 1],
      ['/200', 1],
    ] as const) {
      await client.visit(path)
      expect([path, site.store.memory.size]).toEqual([path, stored])
    }
    expect(seen).toEqual([
      [418, undefined],
      [503, undefined],
      [200, undefined],
    ])
  })

  it('keeps what was saved before it, and its cookie reaches the browser', async () => {
    const sessions = site.manager()
    app.use(expressSession(sessions)).get('/', async (request) => {
      const handle = handleOf(request)
      ;(await handle.write()).set('user', 'ada')
      await handle.save()
      ;(await handle.write()).set('user', 'eve')
      throw new Error('broken')
    })
    const client = await site.serve(app)
    expect((await client.visit('/')).status).toBe(500)
    expect((await sessions.read(client.cookie)).get('user')).toBe('ada')
  })

  it('of a store that can not be read is one of the handler, and sends no cookie', async () => {
    const sessions = site.manager()
    app.use(expressSession(sessions)).get('/', async (request, response) => {
      response.send((await handleOf(request).read()).get('user') ?? 'nobody')
    })
    const { cookie } = await sessions.issue({ user: 'ada' })
    site.store.fail('load')
    const client = await site.serve(app)
    client.cookie = cookie
    const response = await client.visit('/')
    expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
  })

  it.each(['load', 'update'] as const)(
    'of a store that fails at "%s" is told to onEvent by failSession, once',
    async (method) => {
      const sessions = site.manager()
      app.use(expressSession(sessions)).get('/', async (request, response) => {
        ;(await handleOf(request).write()).set('count', 1)
        response.send('ok')
      })
      const tell: ErrorRequestHandler = (error, request, _response, next) => {
        failSession(request, error)
        next(error)
      }
      app.use(tell, sorry)
      const { cookie } = await sessions.issue({ user: 'ada' })
      site.store.fail(method)
      const client = await site.serve(app)
      client.cookie = cookie
      for (const visits of [1, 2]) {
        expect(await client.text('/')).toMatch(/^sorry: The session store failed/)
        expect(site.told('failed')).toHaveLength(visits)
      }
    },
  )

  it('of a store that can not be written is told to onEvent, once', async () => {
    app.use(expressSession(site.manager())).get('/', async (request, response) => {
      ;(await handleOf(request).write()).set('count', 1)
      response.send('ok')
    })
    app.use(sorry)
    site.store.fail('create')
    expect(await (await site.serve(app)).text('/')).toMatch(/^sorry: The session store failed/)
    expect(site.events.filter(({ type }) => type === 'failed')).toHaveLength(1)
  })
})
