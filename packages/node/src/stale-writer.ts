import type { HoldableResponse } from './node-response.js'

const OF_THE_HEAD = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader', 'writeHead'] as const

/**
 * Who was in the middle of writing when the response turned out not to be one that can be sent. It may go on, and is not
 * to be mixed with who answers instead. It believes the head to be gone: who touches the head is the other one.
 */
export class StaleWriter {
  readonly #response: HoldableResponse
  /** Whether who answers instead has shown up. */
  #isReplaced: boolean

  constructor(response: HoldableResponse, isReplaced: boolean) {
    this.#response = response
    this.#isReplaced = isReplaced
    if (!isReplaced) this.#watchHead()
  }

  /** Whether a call is one of the writer, as far as one can tell. */
  ignores(): boolean {
    return !this.#isReplaced || this.#response.writableEnded
  }

  /** The writer is at its end. If nobody has answered instead, the status alone does. */
  end(): void {
    if (this.#isReplaced) return
    this.#isReplaced = true
    this.#response.end()
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
