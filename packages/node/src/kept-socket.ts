import type { Socket } from 'node:net'
import type { HoldableResponse } from './node-response.js'

/**
 * Express breaks a connection off where an error comes behind the response, such as that of a second answer. Without a
 * session, the first one has gone out by then. So one that is whole, and waits for nothing but the store, goes out first.
 */
export class KeptSocket {
  /** One for each socket, since a connection is kept alive for many requests. */
  static readonly #ofSockets: WeakMap<Socket, KeptSocket> = new WeakMap()

  readonly #socket: Socket
  /** How many responses wait: with pipelining there are several. */
  #waiting = 0
  /** Whether the connection is to be broken off when they are out. */
  #isDue = false

  constructor(socket: Socket) {
    this.#socket = socket
    const { destroy } = socket
    socket.destroy = (error) => {
      // A client that is gone needs no answer, and who asks twice does not mean to wait.
      const isGone = error || socket.readableEnded || socket.writableEnded
      if (this.#waiting === 0 || this.#isDue || isGone) return destroy.call(socket, error)
      this.#isDue = true
      return socket
    }
  }

  /** Keeps the connection that a response goes out on. `undefined` for HTTP/2, where each has a stream of its own. */
  static keep({ req }: HoldableResponse): KeptSocket | undefined {
    if (!req?.socket || 'stream' in req) return undefined
    const known = KeptSocket.#ofSockets.get(req.socket)
    const kept = known ?? new KeptSocket(req.socket)
    if (known === undefined) KeptSocket.#ofSockets.set(req.socket, kept)
    kept.#waiting++
    return kept
  }

  /** The response goes out, or, if it can't be sent, somebody answers in its place. */
  letGo(response: HoldableResponse, isSent: boolean): void {
    this.#waiting--
    const isDue = this.#isDue && this.#waiting === 0
    if (isDue) this.#isDue = false
    if (isDue && isSent) response.once('finish', () => this.#socket.destroy())
  }
}
