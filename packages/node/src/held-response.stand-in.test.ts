import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
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
