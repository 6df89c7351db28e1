/** What is used of a stream of Node. It may be one of a library, such as `readable-stream`. */
interface NodeStream {
  pipe: unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  removeListener(event: 'error', listener: (error: unknown) => void): unknown
}

/**
 * A stream of Node that waits to be sent. Fastify does not listen to it yet, and an `error` that nobody listens to ends the
 * process.
 */
export class WaitingStream {
  readonly #stream: NodeStream
  readonly #note: (error: unknown) => void
  #error: unknown

  constructor(stream: NodeStream) {
    this.#stream = stream
    this.#note = (error) => {
      this.#error ??= error
    }
    stream.on('error', this.#note)
  }

  /** That of a reply, if its payload is one. */
  static of(payload: unknown): WaitingStream | undefined {
    return isNodeStream(payload) ? new WaitingStream(payload) : undefined
  }

  /**
   * Fastify is about to send it, and listens.
   * @throws the error of the stream, if there was one: not every kind of stream tells it to those who come later
   */
  handOver(): void {
    if (this.#error !== undefined) throw this.#error
    this.#stream.removeListener('error', this.#note)
  }
}

function isNodeStream(payload: unknown): payload is NodeStream {
  return isObject(payload) && typeof payload.pipe === 'function' && typeof payload.on === 'function'
}

/** Closes the stream, of Node or of the Web, that a reply would have sent. Where it can't be closed, nobody is told. */
export async function closeUnsent(payload: unknown): Promise<void> {
  if (!isObject(payload)) return
  try {
    if (typeof payload.destroy === 'function') payload.destroy()
    else if (typeof payload.cancel === 'function') await payload.cancel()
  } catch {}
}

function isObject(payload: unknown): payload is Readonly<Record<string, unknown>> {
  return typeof payload === 'object' && payload !== null
}
