import { equal, rejects } from 'node:assert/strict'
import { io, type Socket } from 'socket.io-client'
import type { Check } from './checks.js'
import { Visitor } from './visitor.js'

/** Each way by which Socket.IO speaks. A browser begins by polling, and goes on by a WebSocket. */
const ways = [
  { name: 'polling', transports: ['polling'] },
  { name: 'a WebSocket', transports: ['websocket'] },
  { name: 'polling and then a WebSocket', transports: ['polling', 'websocket'] },
] as const

type Way = (typeof ways)[number]

/** What is said over Socket.IO. */
export const socketIoChecks: readonly Check[] = ways.flatMap((way) => [
  {
    name: `by ${way.name}: lets nobody connect who has no session`,
    async run({ origin }) {
      await rejects(connect(origin, new Visitor(origin), way), /Unauthorized/)
    },
  },
  {
    name: `by ${way.name}: changes a session by messages, sees what others change, and is closed by a sign-out`,
    async run(site) {
      const visitor = new Visitor(site.origin)
      await site.act(visitor, 'count')
      const socket = await connect(site.origin, visitor, way)
      equal(await count(socket), 'count: 2, user: nobody')
      await site.act(visitor, 'count')
      equal(await count(socket), 'count: 4, user: nobody')
      equal((await visitor.send('/')).text, 'count: 4, user: nobody')
      const before = visitor.copy()
      const closed = endOf(socket)
      await site.act(visitor, 'sign-out')
      equal(await closed, 'io server disconnect')
      await rejects(connect(site.origin, before, way), /Unauthorized/)
    },
  },
  {
    name: `by ${way.name}: closes a socket whose cookie opens nothing any more, and lets it come with the new one`,
    async run(site) {
      const visitor = new Visitor(site.origin)
      await site.act(visitor, 'count')
      const before = await connect(site.origin, visitor, way)
      await site.act(visitor, 'sign-in')
      const closed = endOf(before)
      before.emit('count', () => {})
      equal(await closed, 'io server disconnect')
      const socket = await connect(site.origin, visitor, way)
      equal(await count(socket), 'count: 2, user: ada')
      socket.disconnect()
    },
  },
])

async function connect(origin: string, { cookies }: Visitor, { transports }: Way): Promise<Socket> {
  const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
  const socket = io(origin, {
    transports: [...transports],
    extraHeaders: { cookie },
    forceNew: true,
    reconnection: false,
    timeout: 10_000,
  })
  try {
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject))
    const { engine } = socket.io
    if (transports.length > 1 && engine.transport.name === 'polling')
      await new Promise((resolve) => engine.once('upgrade', resolve))
    equal(engine.transport.name, transports.at(-1))
    return socket
  } catch (error) {
    socket.disconnect()
    throw error
  }
}

async function count(socket: Socket): Promise<string> {
  return socket.timeout(10_000).emitWithAck('count')
}

/** Why a socket was closed. */
function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    AbortSignal.timeout(10_000).addEventListener('abort', () => reject(new Error('The socket stays open')))
    socket.once('disconnect', resolve)
  })
}
