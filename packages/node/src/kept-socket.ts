import type { Socket } from 'node:net'
import type { HoldableResponse } from './node-response.js'

/** How long a response may take to go out once its connection is to be ended, in milliseconds. */
const LONGEST_WAIT = 10_000

const ENDINGS = ['destroy', 'end', 'destroySoon'] as const

type EndingName = (typeof ENDINGS)[number]
type Ending = (...args: unknown[]) => unknown

/**
 * Applications end a connection behind an answer, and Express does so where an error comes behind it, such as that of a
 * second answer. Without a session, the answer has gone out by then. So one that is whole, and waits for nothing but the
 * store, goes out first. It has no time without end: others break connections off as well, such as a server that is shut
 * down, and the store may never answer. A connection that has timed out waits for nothing.
 */
export class KeptSocket {
  /** One for each socket, since a connection is kept alive for many requests. */
  static readonly #ofSockets: WeakMap<Socket, KeptSocket> = new WeakMap()

  readonly #socket: Socket
  readonly #destroy: Socket['destroy'] | undefined
  /** The responses that wait, or go out before the connection is ended: with pipelining there are several. */
  readonly #waiting: Set<HoldableResponse> = new Set()
  /** Ends the connection, once they are out. */
  #end: { readonly name: EndingName; readonly run: () => void } | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined
  #isTimedOut = false

  constructor(socket: Socket) {
    this.#socket = socket
    this.#destroy = socket.destroy
    for (const name of ENDINGS) this.#keepFrom(name)
    // In front of Node's own listener, which destroys it. What stands in for a socket in a test may have no events.
    socket.prependListener?.('timeout', () => {
      this.#isTimedOut = true
    })
  }

  /** Keeps the connection that a response goes out on. `undefined` for HTTP/2, where each has a stream of its own. */
  static keep(response: HoldableResponse): KeptSocket | undefined {
    const { req } = response
    if (!req?.socket || 'stream' in req) return undefined
    const known = KeptSocket.#ofSockets.get(req.socket)
    const kept = known ?? new KeptSocket(req.socket)
    if (known === undefined) KeptSocket.#ofSockets.set(req.socket, kept)
    // It may have timed out before, and have been kept by who was told.
    if (kept.#waiting.size === 0) kept.#isTimedOut = false
    kept.#waiting.add(response)
    return kept
  }

  /** The response, or somebody's in its place, goes out. */
  letGo(response: HoldableResponse): void {
    if (this.#end === undefined) this.#waiting.delete(response)
    else response.once('finish', () => this.#isOut(response))
  }

  /** By now, Node has given the connection to the next response. */
  #isOut(response: HoldableResponse): void {
    this.#waiting.delete(response)
    if (this.#end !== undefined && !this.#isAwaited(this.#end.name)) this.#end.run()
  }

  /**
   * Breaks the connection off when they are out.
   * @throws Error if there is none, but a stand-in that collects answers and has not waited for this one: it would be empty
   */
  destroy(): void {
    if (this.#destroy === undefined) {
      throw new Error(
        'fetch-sessions: an answer was taken before the store had answered: what calls the handler without a server, such as event.$fetch of Nitro 2, does not wait for it',
      )
    }
    this.#socket.destroy()
  }

  #keepFrom(name: EndingName): void {
    const socket = this.#socket
    const own = socket[name] as Ending | undefined
    if (own === undefined) return
    const ending: Ending = (...args) => {
      if (this.#mustWait(name, args)) {
        this.#endLater(name, () => this.#endNow(own, []))
        return socket
      }
      return this.#endNow(own, args)
    }
    // The one of a Worker, and others that stand in for a socket, take no function: nothing of it is kept then.
    Reflect.set(socket, name, ending)
  }

  /** A client that is gone needs no answer, and an error of the connection or last words are not kept from it. */
  #mustWait(name: EndingName, args: readonly unknown[]): boolean {
    const isGone = this.#socket.readableEnded || this.#socket.writableEnded || this.#isTimedOut
    return this.#isAwaited(name) && !isGone && !args.some(Boolean)
  }

  /**
   * Whether a response waits that can still go out. Behind the last one, of `Connection: close` for example, Node calls
   * `destroySoon`, and gives the connection to none of those that come later in a pipeline.
   */
  #isAwaited(name: EndingName): boolean {
    for (const { socket } of this.#waiting) if (name !== 'destroySoon' || socket !== null) return true
    return false
  }

  /** Nobody is waited for any more: `destroySoon` calls `end`, and then `destroy`. */
  #endNow(own: Ending, args: readonly unknown[]): unknown {
    clearTimeout(this.#deadline)
    this.#waiting.clear()
    return own.apply(this.#socket, args as unknown[])
  }

  #endLater(name: EndingName, run: () => void): void {
    this.#end = { name, run }
    this.#deadline ??= setTimeout(() => this.#destroy?.call(this.#socket), LONGEST_WAIT)
    // Nobody has to wait for it where the connection is closed before.
    this.#deadline.unref?.()
  }
}
