import { deepEqual, equal, match } from 'node:assert/strict'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Check } from './checks.js'
import { Visitor } from './visitor.js'

/** What is said over a WebSocket. */
export const socketChecks: readonly Check[] = [
  {
    name: 'lets nobody open a socket who has no session',
    async run({ origin }) {
      const socket = connect(origin, '')
      const [error] = await once(socket, 'error')
      match(String(error), /401/)
    },
  },
  {
    name: 'changes a session by messages, sees what others change, and notices a sign-out',
    async run(site) {
      const visitor = new Visitor(site.origin)
      await site.act(visitor, 'count')
      const socket = connect(site.origin, [...visitor.cookies].map((pair) => pair.join('=')).join('; '))
      await once(socket, 'open')
      equal(await answerOf(socket), 'count: 2, user: nobody')
      await site.act(visitor, 'count')
      equal(await answerOf(socket), 'count: 4, user: nobody')
      match((await visitor.send('/')).text, /count: 4/)
      await site.act(visitor, 'sign-out')
      const closed = once(socket, 'close')
      socket.send('count')
      const [code] = await closed
      deepEqual(code, 4401)
    },
  },
]

function connect(origin: string, cookie: string): WebSocket {
  return new WebSocket(origin.replace('http', 'ws'), { headers: { cookie }, handshakeTimeout: 10_000 })
}

async function answerOf(socket: WebSocket): Promise<string> {
  const answered = once(socket, 'message')
  socket.send('count')
  const [data] = await answered
  return String(data)
}
