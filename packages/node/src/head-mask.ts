import type { OutgoingHeaders } from './node-headers.js'
import type { HoldableResponse } from './node-response.js'

/** What a response that is held back shows of itself. */
export interface Held {
  /** Whether its end has been asked for. */
  readonly isEnded: boolean
  /** What has been written so far. */
  readonly bytes: number
  readonly needsDrain: boolean
}

const HEADER_METHODS = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

type Method = (...args: unknown[]) => unknown

/**
 * While the head is fixed and can't go out yet, the response looks as if it had gone: it says so, and refuses other
 * headers. Those who ask its inside (`_header`) see the same.
 */
export class HeadMask implements OutgoingHeaders {
  readonly #response: HoldableResponse
  readonly #before: readonly (readonly [name: string, descriptor: PropertyDescriptor | undefined])[]
  readonly #status: Pick<HoldableResponse, 'statusCode' | 'statusMessage'>
  #isLifted = false

  constructor(response: HoldableResponse, held: Held) {
    this.#response = response
    const { statusCode } = response
    // With HTTP/2, Node warns of who looks at the words of a status, of which it has none.
    this.#status = 'stream' in response ? { statusCode } : { statusCode, statusMessage: response.statusMessage }
    const methods = response as unknown as Record<string, Method | undefined>
    const looks: Record<string, PropertyDescriptor> = {
      headersSent: { get: () => true },
      _header: { get: () => (this.#isLifted ? null : 'held back'), set: () => {} },
      finished: { get: () => held.isEnded, set: () => {} },
      writableEnded: { get: () => held.isEnded },
      writableLength: { get: () => held.bytes },
      writableNeedDrain: { get: () => held.needsDrain },
      // What a middleware calls that thinks it is the first to write.
      _implicitHeader: { value: () => {} },
    }
    for (const name of HEADER_METHODS) {
      const own = methods[name]
      if (own !== undefined) looks[name] = { value: this.#unlessSent(own) }
    }
    this.#before = Object.keys(looks).map((name) => [name, Object.getOwnPropertyDescriptor(response, name)])
    for (const [name, look] of Object.entries(looks)) {
      Object.defineProperty(response, name, { configurable: true, ...look })
    }
  }

  /** The response is as it was, also where somebody has set another status, for which it was too late. */
  takeOff(): void {
    for (const [name, descriptor] of this.#before) {
      if (descriptor === undefined) Reflect.deleteProperty(this.#response, name)
      else Object.defineProperty(this.#response, name, descriptor)
    }
    Object.assign(this.#response, this.#status)
  }

  getHeader(name: string): ReturnType<OutgoingHeaders['getHeader']> {
    return this.#response.getHeader(name)
  }

  getHeaderNames(): string[] {
    return this.#response.getHeaderNames()
  }

  setHeader(name: string, value: string | readonly string[]): void {
    this.#lift(() => this.#response.setHeader(name, value))
  }

  removeHeader(name: string): void {
    this.#lift(() => this.#response.removeHeader(name))
  }

  #lift(change: () => unknown): void {
    this.#isLifted = true
    try {
      change()
    } finally {
      this.#isLifted = false
    }
  }

  #unlessSent(own: Method): Method {
    return (...args) => {
      if (!this.#isLifted) throw headersSent()
      return own.apply(this.#response, args)
    }
  }
}

/** Node's own error of that name. */
export function headersSent(): Error {
  return Object.assign(new Error('Cannot set headers after they are sent to the client'), {
    code: 'ERR_HTTP_HEADERS_SENT',
  })
}
