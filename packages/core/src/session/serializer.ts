import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isPromise, toPromise } from '../awaitable.js'
import { SessionDataError } from '../errors.js'
import type { Awaitable } from '../store/store.js'
import { isObject, isPlainObject, jsonCodec, type SessionCodec } from './codec.js'
import { isEqual } from './equality.js'

/** The keys and values of a session: own properties all, so that `__proto__` and `constructor` are keys like any other. */
export type Values = Record<string, unknown>

/** Values to text and back, through the codec and the schema. A session that holds nothing is not for the schema. */
export class Serializer {
  /** The text of a session that holds nothing. */
  readonly nothing: string
  readonly #codec: SessionCodec
  readonly #schema: StandardSchemaV1 | undefined

  constructor(codec: SessionCodec = jsonCodec, schema?: StandardSchemaV1) {
    this.nothing = codec.encode({})
    this.#codec = codec
    this.#schema = schema
  }

  /** Whether what is stored may differ from what was to be stored. */
  get hasSchema(): boolean {
    return this.#schema !== undefined
  }

  /** The value itself. @throws TypeError naming the key whose value the codec can't carry; `undefined` deletes */
  checked(key: string, value: unknown): unknown {
    if (value !== undefined) this.#codec.check?.(key, value)
    return value
  }

  copy(value: unknown): unknown {
    return isObject(value) ? this.#codec.decode(this.#codec.encode({ value })).value : value
  }

  isEqual(a: unknown, b: unknown): boolean {
    return isEqual(a, b, (a, b) => this.#codec.encode({ value: a }) === this.#codec.encode({ value: b }))
  }

  /** @throws SessionDataError if the schema refuses the values; TypeError if the codec can't carry one */
  encode(values: Values): Awaitable<string> {
    const valid = this.#validate(values)
    return isPromise(valid) ? valid.then((data) => this.#codec.encode(data)) : this.#codec.encode(valid)
  }

  /** @throws SessionDataError if the text is not the codec's or the schema refuses what it holds */
  decode(text: string): Awaitable<Values> {
    return this.#validate(this.#decodeText(text))
  }

  #decodeText(text: string): Values {
    try {
      const data = this.#codec.decode(text)
      if (isPlainObject(data)) return data
    } catch {
      // The codec's own error may quote the data, so it is not kept as the cause.
    }
    throw new SessionDataError('can not be decoded')
  }

  #validate(data: Values): Awaitable<Values> {
    if (this.#schema === undefined || Object.keys(data).length === 0) return data
    const result = toPromise(this.#schema['~standard'].validate(data))
    return isPromise(result) ? result.then(accepted) : accepted(result)
  }
}

function accepted(result: StandardSchemaV1.Result<unknown>): Values {
  // A copy, since it is the schema's own.
  if (result.issues === undefined) return { ...(result.value as Values) }
  // Paths only: a schema's messages may quote values.
  const paths = result.issues.map(({ path }) => path?.map((part) => String(isObject(part) ? part.key : part)).join('.'))
  throw new SessionDataError(`does not fit the schema at: ${paths.join(', ') || '(the whole)'}`)
}
