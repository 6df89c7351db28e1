import type { Socket } from 'node:net'
import type { NodeRequest } from './node-request.js'
import type { NodeResponse } from './node-response.js'

/** Calls `gone` when the client is, or the response is over: at once, if the client has left already. */
export function whenClientIsGone(request: NodeRequest, response: NodeResponse, gone: () => void): void {
  if (isGone(request, response)) {
    gone()
    return
  }
  // It comes once by itself. `once` would make a literal that holds the response (`benchmarks/README.md`).
  response.on('close', gone)
  // Behind others on one connection (pipelining), a response has none before it is its turn, and is told of nothing.
  if (!('stream' in response) && response.socket === null && hasEvents(request.socket)) {
    whenClosed(request.socket, response, gone)
  }
}

function isGone(request: NodeRequest, response: NodeResponse): boolean {
  if ('stream' in response) return response.stream.destroyed
  // What stands in for a request in a test may have no socket.
  return response.destroyed || request.socket?.destroyed === true
}

/** Where an application calls its own routes without a connection, as h3 does, what stands in for a socket may have none. */
function hasEvents(socket: unknown): socket is Socket {
  return typeof (socket as Partial<Socket> | null | undefined)?.once === 'function'
}

/** The responses that wait for their turn on a connection. One listener for all: there may be many. */
const waiting: WeakMap<Socket, Set<() => void>> = new WeakMap()

function whenClosed(socket: Socket, response: NodeResponse, gone: () => void): void {
  const all = waiting.get(socket) ?? waitOn(socket)
  all.add(gone)
  response.on('close', () => all.delete(gone))
}

function waitOn(socket: Socket): Set<() => void> {
  const all = new Set<() => void>()
  waiting.set(socket, all)
  socket.once('close', () => {
    for (const gone of all) gone()
  })
  return all
}
