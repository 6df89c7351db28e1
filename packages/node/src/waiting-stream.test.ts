import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { gate } from '../../core/src/testing/gate.js'
import { fastifySession, type SessionManager } from './index.js'
import { leaving, settled, until } from './testing/client.js'
import { fastifyOfEachTest } from './testing/fastify-app.js'
import { type Data, handleOf, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
let app: FastifyInstance
let sessions: SessionManager<Data>
/** What the error handler was given. */
let errors: Error[]

fastifyOfEachTest(site, (made) => {
  app = made.app
  sessions = made.sessions
  errors = []
})

const change = async (request: object): Promise<void> => {
  ;(await handleOf(request).write()).update('count', (n = 0) => n + 1)
}

/** The response to a first visit, of a handler that changes its session and sends this. */
async function visit(payload: () => unknown): Promise<Response> {
  await app.register(fastifySession, { sessions })
  app.setErrorHandler((error: Error, _request, reply) => {
    errors.push(error)
    return reply.code(503).send('sorry')
  })
  app.get('/', async (request, reply) => {
    await change(request)
    return reply.send(payload())
  })
  return (await site.serve(app)).visit('/')
}

const closed = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.closed) resolve()
    else stream.once('close', () => resolve())
  })

describe('in Fastify, a stream that fails while the store is at work', () => {
  const failing: Readonly<Record<string, [make: () => Readable, fail: (stream: Readable) => unknown]>> = {
    'a file that is not there': [() => createReadStream(new URL('none', import.meta.url)), closed],
    'one that is destroyed': [
      () => new Readable({ read() {} }),
      (stream) => closed(stream.destroy(new Error('no such thing'))),
    ],
    'of a kind that tells its error once': [
      () => new Readable({ read() {} }),
      (stream) => stream.emit('error', new Error('no such thing')),
    ],
  }

  it.each(Object.entries(failing))(
    'reaches the error handler, as without a session: %s',
    async (_name, [make, fail]) => {
      let stream: Readable
      site.store.beforeNext('create', async () => {
        await settled()
        await fail(stream)
      })
      const response = await visit(() => {
        stream = make()
        return stream
      })
      expect([response.status, await response.text()]).toEqual([503, 'sorry'])
      expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/no such/) })])
      // The store was not at fault.
      expect([site.store.memory.size, site.told('failed')]).toEqual([1, []])
    },
  )

  it('breaks nothing as a second answer, which is not sent', async () => {
    const second = new Readable({ read() {} })
    app.addHook('onSend', (_request, _reply, payload, done) => void setImmediate(done, null, payload))
    await app.register(fastifySession, { sessions })
    app.get('/', async (request, reply) => {
      await change(request)
      reply.send('the answer')
      return second
    })
    site.store.beforeNext('create', async () => {
      await settled()
      second.emit('error', new Error('gone'))
    })
    const response = await (await site.serve(app)).visit('/')
    expect([response.status, await response.text()]).toEqual([200, 'the answer'])
  })
})

it('in Fastify, a stream that has waited is handed on as it was', async () => {
  const listeners: number[] = []
  const stream = Readable.from(['hello'])
  const note = (): void => void listeners.push(stream.listenerCount('error'))
  await app.register(fastifySession, { sessions })
  app.addHook('onSend', (_request, _reply, payload, done) => {
    note()
    done(null, payload)
  })
  app.get('/', async (request, reply) => {
    await change(request)
    note()
    return reply.send(stream)
  })
  const response = await (await site.serve(app)).visit('/')
  expect([await response.text(), listeners]).toEqual(['hello', [0, 0]])
})

describe('in Fastify, where the store is down, a stream that was to be sent is closed:', () => {
  /** Makes a payload, and notes when it is closed. */
  const payloads: Readonly<Record<string, (note: () => void) => unknown>> = {
    'one of Node': (note) => new Readable({ read() {} }).once('close', note),
    'one that fails when it is closed': (note) =>
      new Readable({ read() {}, destroy: (_error, done) => done(new Error('busy')) }).once('close', note),
    'one of the Web': (note) => new ReadableStream({ cancel: note }),
    'one of the Web that fails when it is closed': (note) =>
      new ReadableStream({
        cancel() {
          note()
          throw new Error('busy')
        },
      }),
    'the one of a Response': (note) => new Response(new ReadableStream({ cancel: note })),
  }

  it.each(Object.entries(payloads))('%s', async (_name, make) => {
    let isClosed = false
    site.store.fail('create')
    const response = await visit(() =>
      make(() => {
        isClosed = true
      }),
    )
    expect([response.status, await response.text()]).toEqual([503, 'sorry'])
    await settled()
    expect(isClosed).toBe(true)
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORE' })])
  })
})

describe('in Fastify, where the client leaves while the store is at work,', () => {
  it('a file as a stream of the Web is closed, and nothing is thrown past the reply', async () => {
    const file = createReadStream(process.execPath)
    const isWriting = gate()
    const isGone = gate()
    site.store.beforeNext('create', async () => {
      isWriting.open()
      await isGone.opened
    })
    await app.register(fastifySession, { sessions })
    app.get('/', async (request, reply) => {
      await change(request)
      reply.raw.once('close', isGone.open)
      return new Response(Readable.toWeb(file) as ReadableStream)
    })
    const { port } = await site.serve(app)
    const thrown: unknown[] = []
    const note = (error: unknown): void => void thrown.push(error)
    process.prependListener('uncaughtException', note)
    try {
      const client = leaving(port, '')
      await isWriting.opened
      await until(() => file.bytesRead > 0)
      await settled()
      client.leave()
      await closed(file)
      await settled()
    } finally {
      process.off('uncaughtException', note)
    }
    expect(thrown).toEqual([])
  })
})
