import type { Socket } from 'node:net'
import type { HoldableResponse } from './node-response.js'

/** How long a response may take to go out once its connection is to be broken off, in milliseconds. */
const LONGEST_WAIT = 10_000

/**
 * Express breaks a connection off where an error comes behind the response, such as that of a second answer. Without a
 * session, the first one has gone out by then. So one that is whole, and waits for nothing but the store, goes out first.
 * It has no time without end: others break connections off as well, such as a server that is shut down, and the store may
 * never answer. A connection that has timed out waits for nothing.
 */
export class KeptSocket {
  /** One for each socket, since a connection is kept alive for many requests. */
  static readonly #ofSockets: WeakMap<Socket, KeptSocket> = new WeakMap()

  readonly #socket: Socket
  /** How many responses wait: with pipelining there are several. */
  #waiting = 0
  /** Set if the connection is to be broken off when they are out. Then it does not wait for them any more. */
  #deadline: ReturnType<typeof setTimeout> | undefined
  #isTimedOut = false

  constructor(socket: Socket) {
    this.#socket = socket
    const { destroy } = socket
    socket.destroy = (error) => {
      // A client that is gone needs no answer, and who asks twice does not mean to wait.
      const isGone = error || socket.readableEnded || socket.writableEnded || this.#isTimedOut
      if (this.#waiting === 0 || this.#deadline !== undefined || isGone) {
        clearTimeout(this.#deadline)
        return destroy.call(socket, error)
      }
      this.#deadline = setTimeout(() => socket.destroy(), LONGEST_WAIT)
      return socket
    }
    // In front of Node's own listener, which destroys it. What stands in for a socket in a test may have no events.
    socket.prependListener?.('timeout', () => {
      this.#isTimedOut = true
    })
  }

  /** Keeps the connection that a response goes out on. `undefined` for HTTP/2, where each has a stream of its own. */
  static keep({ req }: HoldableResponse): KeptSocket | undefined {
    if (!req?.socket || 'stream' in req) return undefined
    const known = KeptSocket.#ofSockets.get(req.socket)
    const kept = known ?? new KeptSocket(req.socket)
    if (known === undefined) KeptSocket.#ofSockets.set(req.socket, kept)
    // It may have timed out before, and have been kept by who was told.
    if (kept.#waiting === 0) kept.#isTimedOut = false
    kept.#waiting++
    return kept
  }

  /** The response goes out, or, if it can't be sent, somebody answers in its place. */
  letGo(response: HoldableResponse, isSent: boolean): void {
    this.#waiting--
    if (this.#deadline === undefined || this.#waiting > 0) return
    clearTimeout(this.#deadline)
    this.#deadline = undefined
    if (isSent) response.once('finish', () => this.#socket.destroy())
  }
}
