import { AsyncLocalStorage } from 'node:async_hooks'
import type { HoldableResponse } from './node-response.js'

const OF_THE_HEAD = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader', 'writeHead'] as const

/** In which asynchronous context somebody answers instead. */
const answering: AsyncLocalStorage<StaleWriter> = new AsyncLocalStorage()

/**
 * Who was in the middle of writing when the response turned out not to be one that can be sent. It may go on, and is not
 * to be mixed with who answers instead. That is who was called to do so, and who touches the head: the writer believes it
 * to be gone.
 */
export class StaleWriter {
  readonly #response: HoldableResponse
  /** Whether who answers instead has shown up. */
  #isReplaced = false

  constructor(response: HoldableResponse) {
    this.#response = response
  }

  /** Calls who answers instead. Whatever comes while that runs comes from there. */
  replace(answer: () => void): void {
    answering.run(this, answer)
    if (this.#response.headersSent) this.#isReplaced = true
    else this.#watchHead()
  }

  /** Whether a call of `write` or `end` is one of the writer, as far as one can tell. */
  ignores(isEnd: boolean): boolean {
    if (this.#isReplaced) return this.#response.writableEnded
    const isReplaced = answering.getStore() === this
    // The writer has one end, and a second one is not its own.
    this.#isReplaced = isReplaced || isEnd
    return !isReplaced
  }

  #watchHead(): void {
    const touched = (): void => {
      this.#isReplaced = true
    }
    const methods = this.#response as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>
    for (const name of OF_THE_HEAD) {
      const own = methods[name]
      if (own === undefined) continue
      methods[name] = (...args) => {
        touched()
        return own.apply(this.#response, args)
      }
    }
    watchStatus(this.#response, touched)
  }
}

function watchStatus(response: HoldableResponse, touched: () => void): void {
  // Of Node's two kinds, one has it of its own.
  const isOwn = Object.hasOwn(response, 'statusCode')
  const kind: object = Object.getPrototypeOf(response)
  let value = response.statusCode
  Object.defineProperty(response, 'statusCode', {
    configurable: true,
    enumerable: true,
    get: () => (isOwn ? value : Reflect.get(kind, 'statusCode', response)),
    set: (status: number) => {
      touched()
      if (isOwn) value = status
      else Reflect.set(kind, 'statusCode', status, response)
    },
  })
}
