import { connect, createServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { beforeEach, describe, expect, it } from 'vitest'
import { secret } from '../../core/src/testing/secret.js'
import { StagedStore } from '../../core/src/testing/staged-store.js'
import { nodeSession, requestOf, SessionManager, type WithSession } from './index.js'
import { until } from './testing/client.js'

interface Data {
  count: number
}

const warnings: string[] = []
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`))

let store: StagedStore
let sessions: SessionManager<Data>
let errors: unknown[]

beforeEach(() => {
  store = new StagedStore()
  store.delay(0, 3)
  errors = []
  sessions = new SessionManager<Data>({ store, secret })
})

describe('HTTP/2', () => {
  type Http2Handler = (request: WithSession<Http2ServerRequest, Data>, response: Http2ServerResponse) => unknown

  async function visit(
    handler: Http2Handler,
    cookie = '',
    scheme = 'http',
  ): Promise<{ head: Record<string, unknown>; body: string }> {
    const listener = nodeSession<Data, Http2ServerRequest, Http2ServerResponse>(sessions, handler, {
      onError: (error) => errors.push(error),
    })
    const server = createServer(listener)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    try {
      const stream = client.request({ ':path': '/', ':scheme': scheme, ...(cookie && { cookie }) })
      const head = await new Promise<Record<string, unknown>>((resolve) => stream.once('response', resolve))
      return { head, body: await text(stream) }
    } finally {
      client.close()
      server.close()
    }
  }

  const answers: Readonly<Record<string, (response: Http2ServerResponse) => unknown>> = {
    end: (response) => response.end('hello'),
    'write and end': (response) => {
      response.write('hel')
      response.end('lo')
    },
    writeHead: (response) => response.writeHead(200, { 'x-one': '1' }).end('hello'),
    'writeHead with names and values': (response) => response.writeHead(200, ['x-one', '1'] as never).end('hello'),
    pipe: (response) => Readable.from(['hel', 'lo']).pipe(response as never),
    'headers refused after write': (response) => {
      response.write('hel')
      expect(response.headersSent).toBe(true)
      expect(() => response.setHeader('x-late', '1')).toThrow(/headers after/)
      response.end('lo')
    },
  }

  it.each(Object.keys(answers))('has the cookie in its head: %s', async (name) => {
    const { head, body } = await visit(async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      answers[name]?.(response)
    })
    expect([head[':status'], body, (head['set-cookie'] as string[])?.length, head.vary]).toEqual([
      200,
      'hello',
      1,
      'Cookie',
    ])
    expect([errors, store.memory.size]).toEqual([[], 1])
  })

  it.each([undefined, null, 0, 'none', '200'])('is a 200 with the status %s, as Node makes it', async (status) => {
    const { head, body } = await visit(async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      response.writeHead(status as never, { 'x-one': '1' })
      response.end('hello')
    })
    expect([head[':status'], head['x-one'], body, (head['set-cookie'] as string[])?.length]).toEqual([
      200,
      '1',
      'hello',
      1,
    ])
    expect([errors, store.memory.size]).toEqual([[], 1])
  })

  it.each([99, 199, 600])('is a plain 500 with the status %d, which Node refuses', async (status) => {
    const { head, body } = await visit(async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      response.writeHead(status)
    })
    expect([head[':status'], body, store.memory.size]).toEqual([500, 'Internal Server Error', 0])
    expect(errors).toEqual([expect.any(RangeError)])
  })

  it('is a plain 500 also where the handler goes on after that', async () => {
    const { head, body } = await visit(async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      expect(() => response.writeHead(99)).toThrow(RangeError)
      response.end('hello')
    })
    expect([head[':status'], body]).toEqual([500, 'Internal Server Error'])
  })

  it('has a protocol also where nobody asks for it before its stream is closed', async () => {
    let asked: Http2ServerRequest | undefined
    await visit(
      (request, response) => {
        asked = request
        response.end()
      },
      '',
      'https',
    )
    await until(() => asked?.stream.session === undefined)
    expect(requestOf(asked as Http2ServerRequest).url).toMatch(/^https:/)
  })

  it('finds the session that a cookie leads to', async () => {
    const { cookie } = await sessions.issue({ count: 4 })
    const { body } = await visit(async (request, response) => {
      response.end(String((await request.session.read()).get('count')))
    }, cookie)
    expect(body).toBe('4')
  })

  it.each(Object.keys(answers).slice(0, 5))(
    'answers a store that is down with a plain 500, in the place of %s',
    async (name) => {
      store.fail('create')
      const { head, body } = await visit(async (request, response) => {
        ;(await request.session.write()).set('count', 1)
        answers[name]?.(response)
      })
      expect([head[':status'], body, head['set-cookie'], head['x-one'] ?? null]).toEqual([
        500,
        'Internal Server Error',
        undefined,
        null,
      ])
    },
  )

  // Node warns once a process, so that all tests before this one count.
  it('has no words for a status, and Node warns of nobody who looks at them', () => {
    expect(warnings).toEqual([])
  })
})
