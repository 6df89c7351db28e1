import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { gate } from '../../core/src/testing/gate.js'
import { nodeSession } from './index.js'
import { until } from './testing/client.js'
import { siteOfEachTest } from './testing/site.js'

const site = siteOfEachTest()

/** A response on no connection, as the adapters for AWS Lambda have it: what is written is collected. */
class CollectedResponse extends ServerResponse {
  collected = ''

  constructor(request: IncomingMessage) {
    super(request)
    const socket = {
      _writableState: {},
      writable: true,
      on: () => {},
      once: () => {},
      removeListener: () => {},
      destroy: () => {},
      cork: () => {},
      uncork: () => {},
      write: (data: unknown, encoding: unknown, done: unknown) => {
        this.collected += data
        for (const callback of [encoding, done]) if (typeof callback === 'function') callback()
        return true
      },
    }
    this.assignSocket(socket as never)
  }
}

/** A request and a response that an application makes to call itself, as h3 does: their socket can nothing. */
function ofNoServer(): [IncomingMessage, ServerResponse] {
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/', headers: {} })
  Object.defineProperty(request, 'socket', { value: {} })
  return [request, new ServerResponse(request)]
}

describe('a response of an application that calls itself', () => {
  it('needs no connection', async () => {
    const [request, response] = ofNoServer()
    const listener = nodeSession(site.manager(), async ({ session }, response: ServerResponse) => {
      response.end(String((await session.read()).isNew))
    })
    listener(request, response)
    await until(() => response.writableEnded)
    expect(response.statusCode).toBe(200)
  })

  it('is not thrown away without a word before the store has answered', async () => {
    const stop = gate()
    site.store.before('create', () => stop.opened)
    const [request, response] = ofNoServer()
    const listener = nodeSession(site.manager(), async ({ session }, response: ServerResponse) => {
      ;(await session.write()).set('count', 1)
      response.end('hello')
    })
    listener(request, response)
    await until(() => site.store.methods.includes('create'))
    expect(() => response.destroy()).toThrow(/before the store had answered/)
    stop.open()
    await until(() => response.writableEnded)
  })
})

it('a response whose socket takes no function, as on Workers, goes out all the same', async () => {
  const socket = new Socket()
  Object.defineProperty(socket, 'destroy', { value: socket.destroy })
  const request = Object.assign(new IncomingMessage(socket), { method: 'GET', url: '/', headers: {} })
  const response = new CollectedResponse(request)
  const listener = nodeSession(site.manager(), async ({ session }, response: ServerResponse) => {
    ;(await session.write()).set('count', 1)
    response.end('hello')
  })
  listener(request, response)
  await until(() => response.writableEnded)
  expect(response.collected).toContain('Set-Cookie: __Host-sid=')
})

it('a response on no connection has ended when it is whole, and not before the store has answered', async () => {
  const stop = gate()
  site.store.before('create', () => stop.opened)
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/', headers: {} })
  const response = new CollectedResponse(request)
  const listener = nodeSession(site.manager(), async ({ session }, response: ServerResponse) => {
    ;(await session.write()).set('count', 1)
    response.end('hello')
  })
  listener(request, response)
  await until(() => site.store.methods.includes('create'))
  expect([response.headersSent, response.writableEnded, response.finished]).toEqual([true, false, false])
  stop.open()
  await until(() => response.writableEnded)
  expect(response.collected).toMatch(/^HTTP\/1.1 200 OK\r\n(.+\r\n)*Set-Cookie: __Host-sid=.+\r\n(.+\r\n)*\r\nhello$/)
})
