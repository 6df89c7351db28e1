import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isPlainObject, jsonCodec, type SessionCodec } from './codec.js'
import { SessionDataError } from './errors.js'
import type { Awaitable } from './store.js'

/** The keys and values of a session. A map, so that no key has a meaning of its own (`__proto__`, `constructor`). */
export type Values = Map<string, unknown>

/** Values to text and back, through the codec and the schema. */
export class Serializer {
  readonly #codec: SessionCodec
  readonly #schema: StandardSchemaV1 | undefined

  constructor(codec: SessionCodec = jsonCodec, schema?: StandardSchemaV1) {
    this.#codec = codec
    this.#schema = schema
  }

  /** @throws TypeError naming the key whose value the codec can't carry */
  check(key: string, value: unknown): void {
    this.#codec.check?.(key, value)
  }

  /** @throws SessionDataError if the schema refuses the values; TypeError if the codec can't carry one */
  encode(values: Values): Awaitable<string> {
    // Object.fromEntries makes own properties of all keys, `__proto__` included.
    const data = Object.fromEntries(values)
    if (this.#schema === undefined) return this.#codec.encode(data)
    return then(this.#validate(this.#schema, data), (valid) => this.#codec.encode(valid))
  }

  /** @throws SessionDataError if the text is not the codec's or the schema refuses what it holds */
  decode(text: string): Awaitable<Values> {
    const data = this.#decodeText(text)
    if (this.#schema === undefined) return new Map(Object.entries(data))
    return then(this.#validate(this.#schema, data), (valid) => new Map(Object.entries(valid)))
  }

  /** The text of one value, to see later whether it was changed in place. */
  readonly print = (value: unknown): string => this.#codec.encode({ value })

  /** A copy that shares nothing with the value. */
  copy(value: unknown): unknown {
    return this.#codec.decode(this.print(value)).value
  }

  #decodeText(text: string): Record<string, unknown> {
    let data: unknown
    try {
      data = this.#codec.decode(text)
    } catch {
      // The codec's own error may quote the data, so it is not kept as the cause.
      throw new SessionDataError('can not be decoded')
    }
    if (!isPlainObject(data)) throw new SessionDataError('is not an object')
    return data
  }

  #validate(schema: StandardSchemaV1, data: Record<string, unknown>): Awaitable<Record<string, unknown>> {
    return then(schema['~standard'].validate(data), (result) => {
      if (result.issues === undefined) return result.value as Record<string, unknown>
      // Paths only: a schema's messages may quote values.
      const paths = result.issues.map(({ path = [] }) =>
        path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
      )
      throw new SessionDataError(`does not fit the schema at: ${paths.join(', ') || '(the whole)'}`)
    })
  }
}

/** Goes on without a promise where there is none. */
function then<T, U>(value: Awaitable<T>, next: (value: T) => U): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
