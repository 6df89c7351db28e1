/** As the headers of a response that `fetch` returns, on every runtime: no change is possible. */
class ImmutableHeaders extends Headers {
  override append(): never {
    throw new TypeError('immutable')
  }
  override set(): never {
    throw new TypeError('immutable')
  }
  override delete(): never {
    throw new TypeError('immutable')
  }
}

export class ImmutableResponse extends Response {
  readonly #immutable: Headers
  constructor(body: BodyInit | null, init: ResponseInit = {}) {
    super(body, init)
    this.#immutable = new ImmutableHeaders()
    for (const [name, value] of super.headers) Headers.prototype.append.call(this.#immutable, name, value)
  }
  override get headers(): Headers {
    return this.#immutable
  }
}

/** A 101, which only a server's own runtime can make. */
export class Upgrade extends Response {
  readonly webSocket: object = {}
  override get status(): number {
    return 101
  }
}

export class ImmutableUpgrade extends ImmutableResponse {
  override get status(): number {
    return 101
  }
}
