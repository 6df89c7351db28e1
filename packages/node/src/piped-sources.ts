import type { Readable } from 'node:stream'
import type { HoldableResponse } from './node-response.js'

/** The streams that are piped into a response. */
export class PipedSources {
  readonly #response: HoldableResponse
  #sources: Readable[] = []

  constructor(response: HoldableResponse) {
    this.#response = response
    response.on('pipe', (source: Readable) => void this.#sources.push(source))
    response.on('unpipe', (source: Readable) => {
      this.#sources = this.#sources.filter((other) => other !== source)
    })
  }

  /** Nothing of them goes out any more. What nobody else reads is closed with the response. */
  cutOff(): void {
    for (const source of [...this.#sources]) {
      const isFlowing = source.readableFlowing
      source.unpipe?.(this.#response as never)
      // Node stops it when the last pipe is gone.
      if (isFlowing && source.listenerCount('data') > 0) source.resume()
      this.#response.once('close', () => {
        if (!source.readableEnded && source.listenerCount('data') === 0) source.destroy?.()
      })
    }
  }
}
