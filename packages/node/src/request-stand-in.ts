/** What of a request can be told before there is a Web `Request` of it. */
export interface KnownParts {
  readonly method: string
  url(): string
  /** The value of a header; `undefined` where only `Headers` can say. The name is in small letters. */
  header(name: string): string | null | undefined
  /** The Web `Request`, which is made when this is called the first time. */
  request(): Request
}

/**
 * Stands in for a Web `Request`. Most handlers need no more of one than its cookies, and making it takes longer than reading
 * a session (`benchmarks`, Express and Fastify over HTTP). This can do all that a `Request` can, but is none of the
 * platform's own: `fetch` and `new Request` refuse it.
 */
class RequestStandIn {
  readonly #parts: KnownParts
  readonly #headers: HeadersStandIn

  constructor(parts: KnownParts) {
    this.#parts = parts
    this.#headers = new HeadersStandIn(parts)
  }

  static of(standIn: RequestStandIn): Request {
    return standIn.#parts.request()
  }

  get method(): string {
    return this.#parts.method
  }

  get url(): string {
    return this.#parts.url()
  }

  get headers(): HeadersStandIn {
    return this.#headers
  }
}

class HeadersStandIn {
  readonly #parts: KnownParts

  constructor(parts: KnownParts) {
    this.#parts = parts
  }

  static of(standIn: HeadersStandIn): Headers {
    return standIn.#parts.request().headers
  }

  get(name: string): string | null {
    const value = this.#parts.header(String(name).toLowerCase())
    return value === undefined ? this.#parts.request().headers.get(name) : value
  }
}

let isReady = false

/** At the first use: where nothing of this is used, as in the tests of pages, the platform may have no `Request` at all. */
export function standInOf(parts: KnownParts): Request {
  if (!isReady) {
    standInFor(RequestStandIn, Request)
    standInFor(HeadersStandIn, Headers)
    isReady = true
  }
  return new RequestStandIn(parts) as unknown as Request
}

/** All else that the platform's class can do, the one that a stand-in stands for does. */
export function standInFor<T extends object, S extends object>(
  standIn: { readonly prototype: S; of(standIn: S): T },
  platform: { readonly prototype: T },
): void {
  for (const name of namesOf(platform.prototype)) {
    if (Object.hasOwn(standIn.prototype, name)) continue
    Object.defineProperty(standIn.prototype, name, {
      configurable: true,
      get(this: S) {
        const real = standIn.of(this)
        const value: unknown = Reflect.get(real, name, real)
        return typeof value === 'function' ? value.bind(real) : value
      },
    })
  }
  Object.setPrototypeOf(standIn.prototype, platform.prototype)
}

/**
 * Those that it inherits as well: a server may have put a class of its own in the place of the platform's. What every object
 * has is at the end, in whichever realm the class was made: within Jest and `node:vm` the platform's are another one's.
 */
function namesOf(prototype: object): Set<string | symbol> {
  const names = new Set<string | symbol>()
  for (let at = prototype, next = above(at); next !== null; at = next, next = above(at)) {
    for (const name of Reflect.ownKeys(at)) names.add(name)
  }
  return names
}

function above(prototype: object): object | null {
  return Object.getPrototypeOf(prototype)
}
