import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Gate, gate } from '../../core/src/testing/gate.js'
import { nodeSession, type WithSession } from './index.js'
import { exchange, until } from './testing/client.js'
import { listen, type Running } from './testing/servers.js'
import { type Data, siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()
let running: Running | undefined
/** Opened when the store is to answer. */
let stop: Gate

beforeEach(() => {
  stop = gate()
  site.store.heal()
  site.store.before('create', () => stop.opened)
})

afterEach(async () => {
  vi.useRealTimers()
  await running?.close()
  running = undefined
})

type Act = (request: IncomingMessage, response: ServerResponse) => unknown

/** What a client gets until its connection is closed. Its session is new, and something is done before and behind the answer. */
async function visit(before: Act, behind: Act = () => {}, timeout = 0, isEnough?: typeof isAnswer): Promise<string> {
  const answer = async (request: WithSession<IncomingMessage, Data>, response: ServerResponse): Promise<void> => {
    ;(await request.session.write()).set('count', 1)
    before(request, response)
    response.end('the answer')
    behind(request, response)
  }
  const listener = nodeSession(site.manager(), answer, { onError: () => {} })
  running = await listen(createServer(listener).setTimeout(timeout))
  return exchange(running.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', isEnough)
}

const isAnswer = (received: string): boolean => received.includes('the answer')

describe('an answer that waits for the store', () => {
  const endings: Readonly<Record<string, Act>> = {
    'response.destroy()': (_request, response) => response.destroy(),
    'socket.destroy()': ({ socket }) => socket.destroy(),
    'socket.destroy(), twice': ({ socket }) => socket.destroy().destroy(),
    'socket.end()': ({ socket }) => socket.end(),
    'socket.destroySoon()': ({ socket }) => socket.destroySoon(),
  }
  const soon = (act: Act): Act => {
    return (request, response) => {
      act(request, response)
      setImmediate(() => stop.open())
    }
  }

  it.each(Object.entries(endings))('goes out before the connection is closed by %s', async (_name, end) => {
    expect(await visit(() => {}, soon(end))).toContain('the answer')
  })

  it.each(Object.entries(endings))('has another in its place if the store fails, by %s', async (_name, end) => {
    site.store.fail('create')
    expect(await visit(() => {}, soon(end))).toMatch(/^HTTP\/1.1 500 [\s\S]*Internal Server Error$/)
  })

  it('goes out where the server is shut down, whose connection is not idle', async () => {
    const shutDown: Act = () => {
      for (let time = 0; time < 3; time++) {
        running?.server.close()
        running?.server.closeIdleConnections()
      }
    }
    expect(await visit(() => {}, soon(shutDown), 0, isAnswer)).toContain('the answer')
  })
})

describe('a connection whose response waits for a store that does not answer', () => {
  const timeouts: Readonly<Record<string, () => Promise<string>>> = {
    'its server': () =>
      visit(
        () => {},
        () => {},
        20,
      ),
    'the response': () => visit((_request, response) => response.setTimeout(20)),
    'the request': () => visit((request) => request.setTimeout(20)),
    'its socket': () => visit((request) => request.socket.setTimeout(20)),
  }

  it.each(Object.entries(timeouts))(
    'is closed when %s times out, and the session is stored all the same',
    async (_name, visited) => {
      expect(await visited()).toBe('')
      stop.open()
      await until(() => site.store.memory.size === 1)
    },
  )

  it('is kept where a listener for its timeout keeps it', async () => {
    const keep: Act = (_request, response) => response.setTimeout(20, () => stop.open())
    expect(await visit(keep, () => {}, 0, isAnswer)).toContain('the answer')
  })

  it('is closed ten seconds after it was broken off', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let broken: Socket | undefined
    const received = visit(
      () => {},
      ({ socket }) => {
        broken = socket.destroy()
      },
    )
    await until(() => broken !== undefined)
    await vi.advanceTimersByTimeAsync(9_999)
    expect(broken?.destroyed).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await received).toBe('')
  })
})

describe('a connection on which requests come one behind the other, and each waits for the store', () => {
  /** Opened when the store is to answer the first one, the second one. */
  let gates: [Gate, Gate]

  beforeEach(() => {
    gates = [gate(), gate()]
    const waiting = [...gates]
    site.store.before('create', () => waiting.shift()?.opened)
  })

  /** Asks for two at once. `behind`: what is done behind the answer to the second. */
  async function visitTwice(before: Act, behind: Act = () => {}): Promise<string> {
    const answer = async (request: WithSession<IncomingMessage, Data>, response: ServerResponse): Promise<void> => {
      ;(await request.session.write()).set('count', 1)
      if (request.url === '/1') before(request, response)
      response.end('the answer')
      if (request.url === '/2') behind(request, response)
    }
    running = await listen(createServer(nodeSession(site.manager(), answer, { onError: () => {} })))
    const requests = 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n'
    return exchange(running.port, requests)
  }

  const answers = (received: string): number => received.split('the answer').length - 1

  it('is closed behind the one that says so, and waits for no other one', async () => {
    let first: ServerResponse | undefined
    let socket: Socket | undefined
    const close: Act = (request, response) => {
      first = response.setHeader('Connection', 'close')
      socket = request.socket
      setImmediate(() => gates[0].open())
    }
    const received = visitTwice(close)
    await until(() => first?.writableFinished === true)
    expect(socket?.writableEnded).toBe(true)
    expect(answers(await received)).toBe(1)
    gates[1].open()
    await until(() => site.store.memory.size === 2)
  })

  it.each<[string, Act]>([
    ['end', ({ socket }) => socket.end()],
    ['destroy', ({ socket }) => socket.destroy()],
    ['destroySoon', ({ socket }) => socket.destroySoon()],
  ])('is closed by socket.%s() when both are out, and the second is stored first', async (_name, end) => {
    const received = visitTwice(
      () => {},
      (request, response) => {
        end(request, response)
        setImmediate(() => gates[1].open())
      },
    )
    await until(() => site.store.memory.size === 1)
    gates[0].open()
    expect(answers(await received)).toBe(2)
  })
})
