import type { HoldableResponse } from './node-response.js'

type Callback = (error?: Error | null) => void

class HeldCall {
  readonly run: () => unknown
  readonly callback: Callback | undefined

  constructor(run: () => unknown, callback?: Callback) {
    this.run = run
    this.callback = callback
  }
}

/** From how many bytes on a writer is asked to wait, where the response does not say. */
const HIGH_WATER_MARK = 16_384

/** The calls of `write`, `end`, `flushHeaders` and `flush` that wait for the head, in their order. */
export class HeldBody {
  readonly #calls: HeldCall[] = []
  readonly #highWaterMark: number
  isEnded = false
  /** Whether a writer was told to wait. */
  needsDrain = false
  bytes = 0

  constructor(highWaterMark: number | undefined) {
    this.#highWaterMark = highWaterMark || HIGH_WATER_MARK
  }

  /** What `write` returns: whether the writer may go on. */
  write(args: readonly unknown[], run: () => unknown): boolean {
    this.#calls.push(new HeldCall(run, callbackOf(args)))
    this.bytes += sizeOf(args)
    if (this.bytes >= this.#highWaterMark) this.needsDrain = true
    return !this.needsDrain
  }

  end(args: readonly unknown[], run: () => unknown): void {
    this.#calls.push(new HeldCall(run, callbackOf(args)))
    this.isEnded = true
  }

  flush(run: () => unknown): void {
    this.#calls.push(new HeldCall(run))
  }

  /** Makes the calls, now that they can be made. */
  release(response: HoldableResponse): void {
    let isFull = false
    for (const { run } of this.#calls) if (run() === false) isFull = true
    // Else Node says so itself, when the client has taken what there is.
    if (this.needsDrain && !isFull && !this.isEnded) process.nextTick(() => response.emit('drain'))
  }

  /** They will not be made. Who waits for one of them is told. */
  discard(error: Error): void {
    for (const { callback } of this.#calls) if (callback) process.nextTick(callback, error)
  }
}

export function callbackOf(args: readonly unknown[]): Callback | undefined {
  return args.find((arg) => typeof arg === 'function') as Callback | undefined
}

function sizeOf([chunk, encoding]: readonly unknown[]): number {
  if (typeof chunk === 'string') {
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
  }
  return isBytes(chunk) ? chunk.byteLength : 0
}

/** By its name, as Node does: its class is another one where it was made in another realm, such as that of Jest. */
function isBytes(chunk: unknown): chunk is Uint8Array {
  return ArrayBuffer.isView(chunk) && (chunk as Uint8Array)[Symbol.toStringTag] === 'Uint8Array'
}

/** @throws TypeError as Node does, at once and not when it is sent */
export function checkChunk(chunk: unknown): void {
  if (typeof chunk === 'string' || isBytes(chunk)) return
  const [code, problem] =
    chunk === null
      ? ['ERR_STREAM_NULL_VALUES', 'May not write null values to stream']
      : ['ERR_INVALID_ARG_TYPE', 'The "chunk" argument must be of type string or an instance of Buffer or Uint8Array']
  throw Object.assign(new TypeError(problem), { code })
}
