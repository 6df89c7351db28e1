import { pipeline, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import compression from 'compression'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { beforeEach, describe, expect, it } from 'vitest'
import { gate } from '../../core/src/testing/gate.js'
import { ofAnotherCopy } from '../../core/src/testing/of-another-copy.js'
import { expressSession, type SessionManager } from './index.js'
import { frameworks } from './testing/servers.js'
import { type Data, siteOfEachTest } from './testing/site.js'
import { ways } from './testing/ways.js'

const site = siteOfEachTest()
let sessions: SessionManager<Data>

beforeEach(() => {
  sessions = site.manager()
})

/** What a way must not leave behind: it is about a body that is not sent. */
const GONE = /^(x-sum|location|etag|content-encoding|last-modified)$/

describe.each(Object.keys(frameworks))('on %s, where the store is down,', (framework) => {
  it.each(Object.keys(ways))('a response by %s is a 500, and nothing of it goes out', async (name) => {
    site.store.fail('create')
    const { origin } = await site.serveOn(framework, sessions, async (request, response) => {
      response.on('error', () => {})
      ;(await request.session.write()).set('count', 1)
      response.setHeader('Set-Cookie', 'other=1')
      ways[name]?.(response, () => {})
    })
    const response = await fetch(origin, { redirect: 'manual' })
    const body = await response.text()
    expect([response.status, response.headers.get('cache-control')]).toEqual([500, 'no-store'])
    expect(response.headers.getSetCookie().join()).not.toContain('__Host-sid')
    expect([...response.headers.keys()].filter((header) => GONE.test(header))).toEqual([])
    expect(body).not.toMatch(/hello|line 1|xx|^abc/)
    expect(body).toMatch(/Internal Server Error|SessionStoreError/)
    // The connection is still good for another request.
    site.store.heal()
    expect((await fetch(origin, { redirect: 'manual' })).status).not.toBe(500)
  })
})

it.each(Object.keys(frameworks))('on %s, handles of another copy of core do as well', async (framework) => {
  const begin = sessions.begin.bind(sessions)
  sessions.begin = (request) => ofAnotherCopy(begin(request))
  const client = await site.serveOn(framework, sessions, async (request, response) => {
    const session = await request.session.write()
    response.end(`Visit ${session.update('count', (n = 0) => n + 1)}`)
  })
  expect([await client.text('/'), await client.text('/')]).toEqual(['Visit 1', 'Visit 2'])
})

it.each(Object.keys(frameworks))(
  'on %s, handles that are none of ours are a 500, and no endless loop',
  async (framework) => {
    sessions.begin = () => ({ exclusive: () => {} }) as never
    const { origin } = await site.serveOn(framework, sessions, (request, response) => {
      expect(request.session).toHaveProperty('exclusive')
      response.end('hello')
    })
    const response = await fetch(origin)
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('hello')])
  },
)

/** An application of Express with this handler, and this error handler. */
async function serve(
  handler: RequestHandler,
  onError: ErrorRequestHandler,
  ...before: RequestHandler[]
): Promise<string> {
  const app = express()
    .set('env', 'test')
    .use(expressSession(sessions), ...before)
  app.get('/', handler)
  app.use(onError)
  return (await site.serve(app)).origin
}

const change: RequestHandler = async (request, _response, next) => {
  ;(await request.session.write()).set('count' as never, 1 as never)
  next()
}

describe('the error handler of Express', () => {
  const errors: unknown[] = []
  const handlers: Readonly<Record<string, ErrorRequestHandler>> = {
    'that sends at once': (_error, _request, response, _next) => void response.status(503).send('sorry'),
    'that ends without a look at the head': (_error, _request, response, _next) => void response.end('sorry'),
    'that sends later': async (_error, _request, response, _next) => {
      response.status(503)
      await new Promise((soon) => setImmediate(soon))
      response.send('sorry')
    },
    'that writes and ends': (_error, _request, response, _next) => {
      response.writeHead(503, { 'X-Own': '1' })
      response.write('sor')
      response.end('ry')
    },
    'that pipes': (_error, _request, response, _next) => void Readable.from(['sor', 'ry']).pipe(response.status(503)),
  }
  const answers: Readonly<Record<string, RequestHandler>> = {
    json: (_request, response) => void response.json({ hello: 1 }),
    'a redirect': (_request, response) => void response.redirect('/there'),
    'a file': (_request, response) => void response.sendFile(fileURLToPath(import.meta.url)),
    'a pipe': (_request, response) => void Readable.from(['hello', 'you']).pipe(response),
    'a pipeline': (_request, response) => void pipeline(Readable.from(['hello', 'you']), response, () => {}),
    'an attachment': (_request, response) => void response.attachment('hello.txt').send('hello'),
  }

  it.each(Object.keys(handlers).flatMap((handler) => Object.keys(answers).map((answer) => [handler, answer] as const)))(
    '%s, answers alone, with one error: in the place of %s',
    async (handler, answer) => {
      errors.length = 0
      site.store.fail('create')
      const origin = await serve(
        answers[answer] as RequestHandler,
        (error, request, response, next) => {
          errors.push(error)
          handlers[handler]?.(error, request, response, next)
        },
        change,
      )
      const response = await fetch(origin, { redirect: 'manual' })
      expect([response.status >= 500, await response.text()]).toEqual([true, 'sorry'])
      expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORE' })])
      for (const name of ['location', 'etag', 'last-modified', 'content-disposition']) {
        if (name !== 'etag') expect(response.headers.get(name)).toBeNull()
      }
    },
  )

  it('that is later than who writes on is not mixed with what that writes', async () => {
    site.store.fail('create')
    const stop = gate()
    const origin = await serve(
      async (_request, response) => {
        response.write('hello')
        await stop.opened
        response.write('you')
        response.end('all')
      },
      async (_error, _request, response, _next) => {
        response.status(503)
        stop.open()
        response.send('sorry')
      },
      change,
    )
    const response = await fetch(origin)
    expect([response.status, await response.text()]).toEqual([503, 'sorry'])
  })

  it('that is later and touches no head is not mixed with it either', async () => {
    site.store.fail('create')
    const stop = gate()
    const origin = await serve(
      async (_request, response) => {
        response.write('hello')
        await stop.opened
        response.write('you')
        response.end('all')
      },
      async (_error, _request, response, _next) => {
        stop.open()
        for (let turn = 0; turn < 10; turn++) await new Promise((soon) => setImmediate(soon))
        response.end('sorry')
      },
      change,
    )
    const response = await fetch(origin)
    expect([response.status, await response.text()]).toEqual([500, 'sorry'])
  })

  it('answers in the place of what was compressed', async () => {
    site.store.fail('create')
    const origin = await serve(
      (_request, response) => void response.send('hello '.repeat(1000)),
      (_error, _request, response, _next) => void response.status(500).send('sorry'),
      compression() as RequestHandler,
      change,
    )
    const response = await fetch(origin)
    expect([response.status, response.headers.get('content-encoding'), await response.text()]).toEqual([
      500,
      null,
      'sorry',
    ])
  })

  it('sees a session that can be read, and can save one when the store is back', async () => {
    const { id, cookie } = await sessions.issue({ count: 1 })
    site.store.fail('update')
    const origin = await serve(
      async (request, response) => {
        ;(await request.session.write()).set('count' as never, 2 as never)
        response.send('hello')
      },
      async (_error, request, response, _next) => {
        const session = await request.session.read()
        response.status(500).send(`sorry, ${String(session.get('count' as never))}`)
      },
    )
    const response = await fetch(origin, { headers: { cookie } })
    expect(await response.text()).toBe('sorry, 2')
    expect((await sessions.peek(id))?.get('count')).toBe(1)
  })
})

it('an answer that Node refuses when its head is gone is broken off, and the error handler is told', async () => {
  const errors: unknown[] = []
  const refuse: RequestHandler = (_request, response, next) => {
    const { flushHeaders } = response
    response.end = () => {
      flushHeaders.call(response)
      throw new Error('refused')
    }
    next()
  }
  const tell: ErrorRequestHandler = (error, _request, _response, next) => {
    errors.push(error.message)
    next(error)
  }
  const app = express().set('env', 'test').use(refuse, expressSession(sessions), change)
  app.use((_request, response) => void response.end('hello'))
  app.use(tell)
  const { origin } = await site.serve(app)
  await expect(fetch(origin).then((response) => response.text())).rejects.toThrow()
  expect(errors).toEqual(['refused'])
})

describe('what is piped into a response that can not be sent', () => {
  it('is closed with it, if nobody else reads it', async () => {
    site.store.fail('create')
    let closed = false
    const origin = await serve(
      (_request, response) => {
        const source = new Readable({ read: () => {} })
        source.push('hello')
        source.on('close', () => {
          closed = true
        })
        source.pipe(response)
      },
      (_error, _request, response, _next) => void response.status(500).send('sorry'),
      change,
    )
    expect(await (await fetch(origin)).text()).toBe('sorry')
    while (!closed) await new Promise((soon) => setImmediate(soon))
  })

  it('goes on for others who read it', async () => {
    site.store.fail('create')
    const source = new Readable({ read: () => {} })
    source.push('hello')
    let heard = ''
    const origin = await serve(
      (_request, response) => {
        source.on('data', (chunk) => {
          heard += chunk
        })
        source.pipe(response)
      },
      (_error, _request, response, _next) => void response.status(500).send('sorry'),
      change,
    )
    expect(await (await fetch(origin)).text()).toBe('sorry')
    source.push(' you')
    while (heard !== 'hello you') await new Promise((soon) => setImmediate(soon))
    expect(source.destroyed).toBe(false)
  })
})
