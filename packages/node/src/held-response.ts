import type { Awaitable, HeaderFields } from '@fetch-sessions/core'
import { headersSent, maskOf, type ResponseMask } from './head-mask.js'
import { callbackOf, checkChunk, HeldBody } from './held-body.js'
import { KeptSocket } from './kept-socket.js'
import { NodeHeaders, type OutgoingHeaders } from './node-headers.js'
import { type HoldableResponse, respondWithoutDetails, startAnew } from './node-response.js'
import { PipedSources } from './piped-sources.js'
import { StaleWriter } from './stale-writer.js'
import { applyHead, type WrittenHead } from './written-head.js'

/** Whose word a response waits for before its first byte goes out. */
export interface HeadKeeper {
  /** Whether there is nothing left to wait for. */
  readonly isComplete: boolean
  /** Whether the answer is on its way without this, and whatever comes here comes behind it. */
  readonly isUnderWay: boolean
  /** Makes the head complete. What it throws is why the response can't be sent. */
  complete(headers: HeaderFields): Awaitable<void>
  /** Answers instead. The response is as if nobody had answered, with a status of 500. */
  fail(error: unknown): void
}

/**
 * `waiting`: nobody has answered. `fixed`: `writeHead` was called, and nothing goes out before there is a body. `held`:
 * the head is being made complete, and what is written waits. `open`: it is complete, and all goes its way.
 */
type Phase = 'waiting' | 'fixed' | 'held' | 'open'

/**
 * Holds back a response, whatever way it goes out, until its head is complete. To those who write it looks as always: what
 * `write` returns and calls, what `headersSent` says, what is thrown. Where nothing has to be waited for, nothing waits.
 */
export class HeldResponse {
  readonly #response: HoldableResponse
  readonly #keeper: HeadKeeper
  readonly #own: Pick<HoldableResponse, 'writeHead' | 'write' | 'end' | 'flushHeaders' | 'flush' | 'destroy'>
  readonly #sources: PipedSources
  #phase: Phase = 'waiting'
  #head: WrittenHead | undefined
  #body: HeldBody
  #mask: ResponseMask | undefined
  #socket: KeptSocket | undefined
  /** What this has put on the response, as long as nobody has wrapped it. */
  #writtenHere: HoldableResponse['writeHead'] | undefined
  /** Counts the responses to this request that could not be sent. */
  #failures = 0
  #stale: StaleWriter | undefined

  constructor(response: HoldableResponse, keeper: HeadKeeper) {
    this.#response = response
    this.#keeper = keeper
    const { writeHead, write, end, flushHeaders, flush, destroy } = response
    // The one that Node had calls `flushHeaders`.
    this.#own = {
      writeHead,
      write,
      end,
      flushHeaders,
      flush: Object.hasOwn(response, 'flush') ? flush : undefined,
      destroy,
    }
    this.#sources = new PipedSources(response)
    this.#body = new HeldBody(response.writableHighWaterMark)
    this.#takeOver()
  }

  /**
   * From now on the response is written through these functions. After a failure they are new ones: whoever still has an
   * old one (compression, for example, that wraps them) writes what can't be sent any more.
   */
  #takeOver(): void {
    const turn = this.#failures
    const isOver = (): boolean => turn !== this.#failures || this.#keeper.isUnderWay
    this.#response.writeHead = (...args) => (isOver() ? this.#response : this.#writeHead(args))
    this.#response.write = (...args) => (isOver() ? ignore(args) : this.#write(args))
    this.#response.end = (...args) => {
      if (isOver()) ignore(args)
      else this.#end(args)
      return this.#response
    }
    this.#response.flushHeaders = () => {
      if (!isOver()) this.#flushHeaders()
    }
    if (this.#own.flush !== undefined) {
      this.#response.flush = () => {
        if (!isOver()) this.#flush()
      }
    }
    this.#response.destroy = (error) => this.#destroy(error)
    this.#writtenHere = this.#response.writeHead
  }

  #writeHead(args: readonly unknown[]): unknown {
    if (this.#phase === 'waiting' && this.#keeper.isComplete) this.#phase = 'open'
    if (this.#phase === 'open') return this.#own.writeHead.apply(this.#response, args as [number])
    if (this.#phase !== 'waiting') throw headersSent()
    const head = applyHead(this.#response, args)
    // Node says what is wrong with it.
    if (head === undefined) return this.#own.writeHead.apply(this.#response, args as [number])
    this.#head = head
    this.#phase = 'fixed'
    this.#putOnMask()
    return this.#response
  }

  #write(args: readonly unknown[]): boolean {
    if (this.#stale?.ignores(false)) return ignore(args)
    const run = (): boolean => this.#own.write.apply(this.#response, args as [unknown])
    if (this.#phase === 'open') return run()
    checkChunk(args[0])
    if (this.#isComplete()) return run()
    const mayGoOn = this.#body.write(args, run)
    this.#mask?.update()
    return mayGoOn
  }

  #end(args: readonly unknown[]): void {
    if (this.#stale?.ignores(true)) {
      ignore(args)
      return
    }
    const run = (): unknown => this.#own.end.apply(this.#response, args as [])
    if (this.#phase !== 'open' && args[0] && typeof args[0] !== 'function') checkChunk(args[0])
    if (this.#phase === 'open' || this.#isComplete()) run()
    else {
      this.#body.end(args, run)
      this.#mask?.update()
      this.#socket ??= KeptSocket.keep(this.#response)
    }
  }

  #flushHeaders(): void {
    const run = (): void => this.#own.flushHeaders.call(this.#response)
    if (this.#phase === 'open' || this.#isComplete()) run()
    else this.#body.flush(run)
  }

  /** Of compression in front, which sends what it has so far: what is held back has not come to it yet. */
  #flush(): void {
    const run = (): void => this.#own.flush?.call(this.#response)
    if (this.#phase === 'held' || (this.#phase === 'fixed' && !this.#isComplete())) this.#body.flush(run)
    else run()
  }

  /** What is whole and waits goes out first, as without a session. */
  #destroy(error: Error | undefined): unknown {
    if (error || this.#socket === undefined) return this.#own.destroy.call(this.#response, error)
    this.#socket.destroy()
    return this.#response
  }

  /** Whether the head is complete by now. If not, it is being made so. */
  #isComplete(): boolean {
    if (this.#phase === 'held') return false
    this.#letOthersFinishHead()
    const completing = this.#complete()
    if (completing === undefined) {
      this.#open()
      return true
    }
    this.#phase = 'held'
    this.#putOnMask()
    const turn = this.#failures
    completing.then(
      () => this.#release(),
      (error) => turn === this.#failures && this.#fail(error),
    )
    return false
  }

  /** Middleware that wraps `writeHead` adds its headers when it is called. Node would do so only after us. */
  #letOthersFinishHead(): void {
    if (this.#phase !== 'waiting' || this.#response.writeHead === this.#writtenHere) return
    this.#response.writeHead(this.#response.statusCode)
    // And it does so later, without calling them again.
    if (this.#writtenHere !== undefined) this.#response.writeHead = this.#writtenHere
    // It is still Node's to say how long a body is that comes at once.
    this.#head = undefined
  }

  #complete(): PromiseLike<void> | undefined {
    try {
      const completing = this.#keeper.complete(new NodeHeaders(new ShownHeaders(() => this.#mask ?? this.#response)))
      return typeof completing?.then === 'function' ? completing : undefined
    } catch (error) {
      // Not at once, in the middle of a handler that does not expect it.
      return Promise.reject(error)
    }
  }

  #release(): void {
    try {
      this.#open()
      this.#letGoOfSocket()
      this.#body.release(this.#response)
    } catch (error) {
      this.#fail(error)
    }
  }

  #letGoOfSocket(): void {
    this.#socket?.letGo(this.#response)
    this.#socket = undefined
  }

  #open(): void {
    this.#phase = 'open'
    this.#takeOffMask()
    if (this.#head === undefined) return
    const { status, message } = this.#head
    this.#own.writeHead.apply(this.#response, message === undefined ? [status] : [status, message])
  }

  /** The response can't be sent, and someone else answers. */
  #fail(error: unknown): void {
    const body = this.#body
    this.#takeOffMask()
    this.#letGoOfSocket()
    body.discard(error instanceof Error ? error : new Error('the response could not be sent', { cause: error }))
    this.#sources.cutOff()
    if (this.#response.headersSent) {
      // Too late for another one. But somebody is told.
      this.#response.destroy()
      this.#answerInstead(error)
      return
    }
    this.#phase = 'waiting'
    for (const name of this.#head?.names ?? []) {
      // As with those that were set before, cookies and what says for whom a response is are good for another one, too.
      if (!/^(set-cookie|vary)$/i.test(name)) this.#response.removeHeader(name)
    }
    this.#head = undefined
    this.#body = new HeldBody(this.#response.writableHighWaterMark)
    this.#failures++
    startAnew(this.#response)
    this.#takeOver()
    const answer = (): void => this.#answerInstead(error)
    if (body.isEnded) {
      answer()
      return
    }
    this.#stale = new StaleWriter(this.#response)
    this.#stale.replace(answer)
  }

  #answerInstead(error: unknown): void {
    try {
      this.#keeper.fail(error)
    } catch (failure) {
      console.error(failure)
      respondWithoutDetails(this.#response)
    }
  }

  #putOnMask(): void {
    this.#mask ??= maskOf(this.#response, this.#body)
  }

  #takeOffMask(): void {
    this.#mask?.takeOff()
    this.#mask = undefined
  }
}

/** The headers of a response, past a mask that may be there by then. */
class ShownHeaders implements OutgoingHeaders {
  readonly #now: () => OutgoingHeaders

  constructor(now: () => OutgoingHeaders) {
    this.#now = now
  }

  getHeader(name: string): ReturnType<OutgoingHeaders['getHeader']> {
    return this.#now().getHeader(name)
  }

  getHeaderNames(): string[] {
    return this.#now().getHeaderNames()
  }

  setHeader(name: string, value: string | readonly string[]): void {
    this.#now().setHeader(name, value)
  }

  removeHeader(name: string): void {
    this.#now().removeHeader(name)
  }
}

/** What `write` does for what can't be sent: who waits for it is told. */
function ignore(args: readonly unknown[]): false {
  const callback = callbackOf(args)
  if (callback) process.nextTick(callback, new Error('the response could not be sent'))
  return false
}
