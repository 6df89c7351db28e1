import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isPlainObject, jsonCodec, type SessionCodec } from './codec.js'
import { SessionDataError } from './errors.js'
import type { Awaitable } from './store.js'
import { isPromise } from './store-call.js'

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

  get hasSchema(): boolean {
    return this.#schema !== undefined
  }

  /** @throws TypeError naming the key whose value the codec can't carry; `undefined`, which deletes, is fine */
  readonly check = (key: string, value: unknown): void => {
    if (value !== undefined) this.#codec.check?.(key, value)
  }

  /** The text of one value. */
  readonly print = (value: unknown): string => this.#codec.encode({ value })

  /** The value of a text. */
  readonly parse = (text: string): unknown => this.#codec.decode(text).value

  /** @throws SessionDataError if the schema refuses the values; TypeError if the codec can't carry one */
  encode(values: Values): Awaitable<string> {
    // Object.fromEntries makes own properties of all keys, `__proto__` included.
    const valid = this.#validate(Object.fromEntries(values))
    return isPromise(valid) ? valid.then((data) => this.#codec.encode(data)) : this.#codec.encode(valid)
  }

  /** @throws SessionDataError if the text is not the codec's or the schema refuses what it holds */
  async decode(text: string): Promise<Values> {
    return new Map(Object.entries(await this.#validate(this.#decodeText(text))))
  }

  #decodeText(text: string): Record<string, unknown> {
    try {
      const data = this.#codec.decode(text)
      if (isPlainObject(data)) return data
    } catch {
      // The codec's own error may quote the data, so it is not kept as the cause.
    }
    throw new SessionDataError('can not be decoded')
  }

  #validate(data: Record<string, unknown>): Awaitable<Record<string, unknown>> {
    const result = this.#schema?.['~standard'].validate(data)
    if (result === undefined) return data
    return isPromise(result) ? result.then(accepted) : accepted(result)
  }
}

function accepted(result: StandardSchemaV1.Result<unknown>): Record<string, unknown> {
  if (result.issues === undefined) return result.value as Record<string, unknown>
  // Paths only: a schema's messages may quote values.
  const paths = result.issues.map(({ path = [] }) =>
    path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
  )
  throw new SessionDataError(`does not fit the schema at: ${paths.join(', ') || '(the whole)'}`)
}
