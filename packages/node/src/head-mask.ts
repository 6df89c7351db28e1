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

/** How a response looks while it is held back, and how its headers can be changed all the same. */
export abstract class ResponseMask implements OutgoingHeaders {
  protected readonly response: HoldableResponse
  protected readonly held: Held

  constructor(response: HoldableResponse, held: Held) {
    this.response = response
    this.held = held
  }

  /** Something was written. */
  abstract update(): void
  /** The response is as it was, also where somebody has set another status, for which it was too late. */
  abstract takeOff(): void
  /** Lets headers be changed for a moment, or no longer. */
  protected abstract lift(isLifted: boolean): void

  /**
   * What `writableEnded` says. `finished`, its old name, stays false: by that, Node would take the connection for idle, and
   * close it when the server is shut down.
   */
  protected get isShownEnded(): boolean {
    return this.held.isEnded && !hasStandIn(this.response)
  }

  getHeader(name: string): ReturnType<OutgoingHeaders['getHeader']> {
    return this.response.getHeader(name)
  }

  getHeaderNames(): string[] {
    return this.response.getHeaderNames()
  }

  setHeader(name: string, value: string | readonly string[]): void {
    this.#changeHeaders(() => this.response.setHeader(name, value))
  }

  removeHeader(name: string): void {
    this.#changeHeaders(() => this.response.removeHeader(name))
  }

  #changeHeaders(change: () => unknown): void {
    this.lift(true)
    try {
      change()
    } finally {
      this.lift(false)
    }
  }
}

/**
 * Whether there is no connection, but an object that collects what is written, as the adapters for AWS Lambda have it. They
 * take for whole what has ended.
 */
function hasStandIn({ socket }: HoldableResponse): boolean {
  return Boolean(socket) && socket?.prependListener === undefined
}

/** The mask that fits a response. */
export function maskOf(response: HoldableResponse, held: Held): ResponseMask {
  return LightMask.fits(response) ? new LightMask(response, held) : new HeadMask(response, held)
}

const HEADER_METHODS = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

type Method = (...args: unknown[]) => unknown

/** Under which a response has its mask. Of this copy of the package. */
const MASK: unique symbol = Symbol('fetch-sessions.mask')

const HELD_BACK = 'held back'
const HELD_AND_ENDED = 'held back, and ended'
const LENGTHS = ['writableLength', 'writableNeedDrain'] as const

interface Masked {
  [MASK]: HeadMask
}

/**
 * While the head is fixed and can't go out yet, the response looks as if it had gone: it says so, and refuses other
 * headers. Those who ask its inside (`_header`) see the same. For responses of all kinds.
 */
class HeadMask extends ResponseMask {
  readonly #before: readonly (readonly [name: string, descriptor: PropertyDescriptor | undefined])[]
  readonly #methods: Map<string, Method> = new Map()
  readonly #status: Pick<HoldableResponse, 'statusCode' | 'statusMessage'>
  #isLifted = false

  /** The same functions for all responses: with functions of its own, each would be a class of its own to the engine. */
  static readonly #looks: readonly (readonly [name: string, look: PropertyDescriptor & ThisType<Masked>])[] = [
    ['headersSent', { get: () => true }],
    [
      '_header',
      {
        get() {
          return this[MASK].#isLifted ? null : HELD_BACK
        },
        set: () => {},
      },
    ],
    [
      'writableEnded',
      {
        get() {
          return this[MASK].isShownEnded
        },
      },
    ],
    [
      'writableLength',
      {
        get() {
          return this[MASK].held.bytes
        },
      },
    ],
    [
      'writableNeedDrain',
      {
        get() {
          return this[MASK].held.needsDrain
        },
      },
    ],
    // What a middleware calls that thinks it is the first to write.
    ['_implicitHeader', { value: () => {} }],
    ...HEADER_METHODS.map(
      (name) =>
        [
          name,
          {
            value(...args: unknown[]) {
              return (this as unknown as Masked)[MASK].#change(name, args)
            },
          },
        ] as const,
    ),
  ]

  constructor(response: HoldableResponse, held: Held) {
    super(response, held)
    const { statusCode } = response
    // With HTTP/2, Node warns of who looks at the words of a status, of which it has none.
    this.#status = 'stream' in response ? { statusCode } : { statusCode, statusMessage: response.statusMessage }
    const methods = response as unknown as Record<string, Method | undefined>
    for (const name of HEADER_METHODS) {
      const own = methods[name]
      if (own !== undefined) this.#methods.set(name, own)
    }
    const looks = HeadMask.#looks.filter(([name]) => this.#methods.has(name) || !isHeaderMethod(name))
    this.#before = looks.map(([name]) => [name, Object.getOwnPropertyDescriptor(response, name)])
    Object.defineProperty(response, MASK, { configurable: true, value: this })
    for (const [name, look] of looks) Object.defineProperty(response, name, { configurable: true, ...look })
  }

  update(): void {}

  takeOff(): void {
    for (const [name, descriptor] of this.#before) {
      if (descriptor === undefined) Reflect.deleteProperty(this.response, name)
      else Object.defineProperty(this.response, name, descriptor)
    }
    try {
      Object.assign(this.response, this.#status)
    } catch {
      // HTTP/2 refuses what is no status, also if that is what it has.
    }
  }

  protected lift(isLifted: boolean): void {
    this.#isLifted = isLifted
  }

  #change(name: string, args: unknown[]): unknown {
    if (!this.#isLifted) throw headersSent()
    return this.#methods.get(name)?.apply(this.response, args)
  }
}

function isHeaderMethod(name: string): boolean {
  return (HEADER_METHODS as readonly string[]).includes(name)
}

/** What of the inside of a response of Node says that its head has gone. */
interface Inside {
  _header?: string | null
  finished?: boolean
}

/**
 * The same for Node's own response, which goes by two properties for nearly all of that. To put the other one on and off
 * took more than a third of the time of a new session in Express (`benchmarks`).
 */
class LightMask extends ResponseMask {
  readonly #inside: Inside
  readonly #status: number
  readonly #message: string | undefined
  #shown = HELD_BACK
  #showsLength = false

  /** It stays when the mask is off, and says what Node says then: to delete it costs more than the rest of the mask. */
  static readonly #ended: PropertyDescriptor & ThisType<Inside> = {
    configurable: true,
    get() {
      return this.finished || this._header === HELD_AND_ENDED
    },
  }

  static readonly #lengths: PropertyDescriptorMap & ThisType<{ [MASK]: LightMask }> = {
    writableLength: {
      configurable: true,
      get() {
        return this[MASK].held.bytes
      },
    },
    writableNeedDrain: {
      configurable: true,
      get() {
        return this[MASK].held.needsDrain
      },
    },
  }

  /** Whether it is a response of Node whose head has not gone. */
  static fits(response: HoldableResponse): boolean {
    const inside = response as Inside
    if (!Object.hasOwn(response, 'finished') || inside._header !== null || inside.finished) return false
    if (LENGTHS.some((name) => Object.hasOwn(response, name))) return false
    inside._header = HELD_BACK
    const says = response.headersSent
    inside._header = null
    return says && !response.headersSent
  }

  constructor(response: HoldableResponse, held: Held) {
    super(response, held)
    this.#inside = response as Inside
    this.#status = response.statusCode
    this.#message = response.statusMessage
    this.#inside._header = this.#shown
    this.update()
  }

  update(): void {
    if (this.isShownEnded) this.#showEnd()
    if (this.held.bytes === 0 || this.#showsLength) return
    this.#showsLength = true
    Object.defineProperty(this.response, MASK, { configurable: true, value: this })
    Object.defineProperties(this.response, LightMask.#lengths)
  }

  #showEnd(): void {
    this.#shown = HELD_AND_ENDED
    this.#inside._header = this.#shown
    Object.defineProperty(this.response, 'writableEnded', LightMask.#ended)
  }

  takeOff(): void {
    this.#inside._header = null
    this.response.statusCode = this.#status
    this.response.statusMessage = this.#message
    if (this.#showsLength) for (const name of LENGTHS) Reflect.deleteProperty(this.response, name)
  }

  protected lift(isLifted: boolean): void {
    this.#inside._header = isLifted ? null : this.#shown
  }
}

/** Node's own error of that name. */
export function headersSent(): Error {
  return Object.assign(new Error('Cannot set headers after they are sent to the client'), {
    code: 'ERR_HTTP_HEADERS_SENT',
  })
}
