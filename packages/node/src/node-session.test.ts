import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { gate } from '../../core/src/testing/gate.js'
import { secret } from '../../core/src/testing/secret.js'
import { StagedStore } from '../../core/src/testing/staged-store.js'
import { nodeSession, type SessionEvent, SessionManager, type WithSession } from './index.js'
import { Client, exchange, until } from './testing/client.js'
import { listen, type Running } from './testing/servers.js'

interface Data {
  count: number
}

type Handler = (request: WithSession<IncomingMessage, Data>, response: ServerResponse) => unknown

let running: Running | undefined
let store: StagedStore
let events: SessionEvent[]
let sessions: SessionManager<Data>
let errors: unknown[]

beforeEach(() => {
  store = new StagedStore()
  store.delay(0, 3)
  events = []
  errors = []
  sessions = new SessionManager<Data>({ store, secret, onEvent: (event) => events.push(event) })
})

afterEach(async () => {
  await running?.close()
  running = undefined
  vi.restoreAllMocks()
})

async function start(handler: Handler): Promise<Client> {
  running = await listen(createServer(nodeSession(sessions, handler, { onError: (error) => errors.push(error) })))
  return new Client(running.origin)
}

const count: Handler = async (request, response) => {
  response.end(`Visit ${(await request.session.write()).update('count', (n = 0) => n + 1)}`)
}

const cookieLines = (received: string): string[] => received.match(/^set-cookie: .*$/gim) ?? []

describe('a listener of node:http', () => {
  it('counts for a client that keeps its cookie', async () => {
    const client = await start(count)
    expect([await client.text('/'), await client.text('/')]).toEqual(['Visit 1', 'Visit 2'])
  })

  it('answers what its handler throws with a plain 500, saves nothing, and tells onError', async () => {
    const error = new Error('broken')
    const client = await start(async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      response.setHeader('Content-Type', 'application/json').setHeader('ETag', '"1"')
      throw error
    })
    const response = await client.visit('/')
    expect([response.status, await response.text(), response.headers.get('etag')]).toEqual([
      500,
      'Internal Server Error',
      null,
    ])
    expect([errors, store.memory.size, client.cookie]).toEqual([[error], 0, ''])
  })

  it('tells console.error where nobody else is told, and does so for a handler that throws at once', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    const error = new Error('broken')
    const listener = nodeSession(sessions, () => {
      throw error
    })
    running = await listen(createServer(listener))
    expect((await fetch(running.origin)).status).toBe(500)
    expect(told.mock.calls).toEqual([[error]])
  })

  it('answers all the same where onError throws itself, and tells that on the console', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    const failure = new Error('no log to write to')
    const onError = (): never => {
      throw failure
    }
    const handler = async (): Promise<never> => {
      throw new Error('broken')
    }
    running = await listen(createServer(nodeSession(sessions, handler, { onError })))
    expect((await fetch(running.origin)).status).toBe(500)
    expect(told.mock.calls).toEqual([[failure]])
  })

  it('answers once where "failed" throws itself', async () => {
    const broken = new Error('what status was that?')
    const failed = (): never => {
      throw broken
    }
    const onError = (error: unknown): void => void errors.push(error)
    running = await listen(createServer(nodeSession(sessions, count, { failed, onError })))
    expect((await fetch(running.origin)).status).toBe(500)
    expect(errors).toEqual([broken])
    expect(store.memory.size).toBe(0)
  })

  it('breaks off a response that has begun, since no status can tell of the error any more', async () => {
    const client = await start(async (_request, response) => {
      response.write('hello')
      await until(() => response.headersSent)
      throw new Error('broken')
    })
    await expect(client.text('/')).rejects.toThrow()
    expect(errors).toHaveLength(1)
  })

  it('answers a store that is down with a plain 500, and tells onError and onEvent', async () => {
    store.fail('create')
    const client = await start(count)
    const response = await client.visit('/')
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORE' })])
    expect(events.filter(({ type }) => type === 'failed')).toHaveLength(1)
  })

  it('within another of the same manager is one session, and one cookie', async () => {
    const inner = nodeSession(sessions, count)
    const client = await start(async (request, response) => {
      await request.session.read()
      inner(request, response)
    })
    const response = await client.visit('/')
    expect([await response.text(), response.headers.getSetCookie().length, await client.text('/')]).toEqual([
      'Visit 1',
      1,
      'Visit 2',
    ])
  })

  it('answers what can not work with a plain 500: requests that have such a property already', async () => {
    const listener = nodeSession(sessions, count, { onError: (error) => errors.push(error) })
    running = await listen(
      createServer((request, response) => listener(Object.assign(request, { session: {} }), response)),
    )
    expect((await fetch(running.origin)).status).toBe(500)
    expect(String(errors[0])).toMatch(/requests have a "session" already/)
  })

  it('takes a name for the property, and a word on what has failed', async () => {
    const listener = nodeSession(
      sessions,
      async (request, response) => {
        ;(await request.visitor.write()).set('count', 1)
        response.writeHead(400).end()
      },
      { as: 'visitor', failed: (status) => status >= 400 },
    )
    running = await listen(createServer(listener))
    await fetch(running.origin)
    expect(store.memory.size).toBe(0)
  })

  it.each([
    ['no handler', () => nodeSession(sessions, undefined as never), /needs sessions, and then a handler/],
    [
      'the two in the wrong order',
      () => nodeSession((() => {}) as never, sessions as never),
      /needs sessions, and then a handler/,
    ],
    ['no sessions', () => nodeSession(undefined as never, () => {}), /sessions is missing/],
    ['onError that is none', () => nodeSession(sessions, () => {}, { onError: 'log' as never }), /onError must be/],
  ])('is refused with words: %s', (_name, act, message) => {
    expect(act).toThrow(TypeError)
    expect(act).toThrow(message)
  })
})

describe('a client that is gone', () => {
  it('before the answer: what the handler has done is stored, and nothing breaks', async () => {
    const gone = gate()
    let isDone = false
    await start(async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      response.on('close', gone.open)
      await gone.opened
      response.write('hello', () => {})
      response.end(() => {})
      isDone = true
    })
    const socket = connect(running?.port ?? 0, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
    await until(() => store.calls.length > 0 || socket.connecting === false)
    await new Promise((soon) => setTimeout(soon, 20))
    socket.destroy()
    await until(() => isDone && store.memory.size === 1)
    expect(errors).toEqual([])
  })

  it.each([true, false])('while the store is asked, which answers well: %s', async (isWell) => {
    const stop = gate()
    store.before('create', async () => {
      await stop.opened
      if (!isWell) throw new Error('down')
    })
    let closed = false
    const calledBack: unknown[] = []
    await start(async (request, response) => {
      response.on('close', () => {
        closed = true
      })
      ;(await request.session.write()).set('count', 1)
      response.write('hello', (error) => calledBack.push(error === undefined || error === null))
      response.end()
    })
    const socket = connect(running?.port ?? 0, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
    await until(() => store.methods.includes('create'))
    socket.destroy()
    await until(() => closed)
    stop.open()
    await until(() => calledBack.length > 0)
    expect([calledBack, store.memory.size, errors.length]).toEqual([[false], isWell ? 1 : 0, isWell ? 0 : 1])
  })
})

describe('HTTP/1', () => {
  it('1.0 gets its cookie and its body, without chunks', async () => {
    await start(async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      response.write('hel')
      response.end('lo')
    })
    const received = await exchange(running?.port ?? 0, 'GET / HTTP/1.0\r\n\r\n')
    expect(received).not.toMatch(/transfer-encoding/i)
    expect([cookieLines(received).length, received.split('\r\n\r\n')[1]]).toEqual([1, 'hello'])
  })

  it('keeps a connection alive, and answers pipelined requests in their order', async () => {
    store.delay(0, 10)
    await start(async (request, response) => {
      ;(await request.session.write()).set('count', Number(request.url?.slice(1)))
      response.end(`answer ${request.url}`)
    })
    const request = (i: number): string =>
      `GET /${i} HTTP/1.1\r\nHost: a\r\n${i === 9 ? 'Connection: close\r\n' : ''}\r\n`
    const received = await exchange(running?.port ?? 0, Array.from({ length: 10 }, (_, i) => request(i)).join(''))
    expect(received.match(/answer \/\d/g)).toEqual(Array.from({ length: 10 }, (_, i) => `answer /${i}`))
    expect([cookieLines(received).length, store.memory.size]).toEqual([10, 10])
  })

  it('sends early hints and "continue" at once, and the session with the answer', async () => {
    const stop = gate()
    store.before('create', () => stop.opened)
    running = await listen(createServer())
    const listener = nodeSession(sessions, async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      response.end(await text(request))
    })
    running.server.on('checkContinue', (request, response) => {
      response.writeContinue()
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
      listener(request, response)
    })
    let received = ''
    const socket = connect(running.port, '127.0.0.1')
    socket.on('data', (data) => {
      received += data.toString('latin1')
    })
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n')
    await until(() => received.includes('103 Early Hints'))
    expect(received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 103 /)
    socket.write('hello')
    await until(() => store.methods.includes('create'))
    expect(received).not.toContain('200 OK')
    stop.open()
    await until(() => received.endsWith('hello'))
    expect(cookieLines(received)).toHaveLength(1)
    socket.destroy()
  })

  it('takes a request whose body is still under way, and one that is never read', async () => {
    const client = await start(async (request, response) => {
      ;(await request.session.write()).set('count', 1)
      request.pipe(response)
    })
    const body = 'x'.repeat(100_000)
    expect(await client.text('/', { method: 'POST', body })).toBe(body)
    await running?.close()
    expect(await (await start(count)).text('/', { method: 'POST', body })).toBe('Visit 1')
  })

  it('finds the session in the second of two Cookie header fields', async () => {
    const { cookie } = await sessions.issue({ count: 4 })
    await start(count)
    const received = await new Promise<string>((resolve) => {
      send({ host: '127.0.0.1', port: running?.port, headers: { cookie: ['other=1', cookie] } }, (response) =>
        resolve(text(response)),
      ).end()
    })
    expect(received).toBe('Visit 5')
  })
})

describe('an upgrade', () => {
  it('to a WebSocket reads the session by the text of its Cookie header, and saves by save(change)', async () => {
    const { id, cookie } = await sessions.issue({ count: 4 })
    await start(count)
    const sockets = new WebSocketServer({ noServer: true })
    running?.server.on('upgrade', (request, socket, head) => {
      const handle = sessions.open(request.headers.cookie)
      sockets.handleUpgrade(request, socket, head, (client) => {
        client.on('message', async () => {
          await handle.save((session) => void session.update('count', (n = 0) => n + 1))
          client.send(String((await handle.read()).get('count')))
        })
      })
    })
    const client = new WebSocket(`ws://127.0.0.1:${running?.port}`, { headers: { cookie } })
    const answers: string[] = []
    client.on('message', (data) => answers.push(String(data)))
    await new Promise((opened) => client.once('open', opened))
    client.send('one')
    await until(() => answers.length === 1)
    client.send('two')
    await until(() => answers.length === 2)
    client.terminate()
    expect([answers, (await sessions.peek(id))?.get('count')]).toEqual([['5', '6'], 6])
  })
})
