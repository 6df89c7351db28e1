import type { StandardSchemaV1 } from '@standard-schema/spec'
import { andThen, isPromise, toPromise } from '../awaitable.js'
import { SessionDataError, SessionTooLargeError } from '../errors.js'
import { invalidOption } from '../option-error.js'
import type { Awaitable } from '../store/store.js'
import { isEqual } from './equality.js'
import { jsonCodec, type SessionCodec } from './json-codec.js'
import { assign, copyPlain, isObject, isPlainObject } from './plain-values.js'

/** The keys and values of a session: own properties all, so that `__proto__` and `constructor` are keys like any other. */
export type Values = Record<string, unknown>

/** One step from a version of the data to the next. */
export type Migration = (data: Record<string, unknown>) => Record<string, unknown>

export interface SerializerOptions {
  readonly codec?: SessionCodec | undefined
  readonly schema?: StandardSchemaV1 | undefined
  readonly migrations?: readonly Migration[] | undefined
  /** The text's bytes in UTF-8 at most. */
  readonly maxBytes?: number | undefined
}

/**
 * Values to text and back, through the codec, the migrations and the schema. A session that holds nothing is not for the
 * schema.
 */
export class Serializer {
  /** The text of a session that holds nothing. */
  readonly nothing: string
  /** The version of the data that this application writes. */
  readonly version: number
  readonly #codec: SessionCodec
  readonly #schema: StandardSchemaV1 | undefined
  readonly #migrations: readonly Migration[]
  readonly #maxBytes: number

  constructor({ codec = jsonCodec, schema, migrations = [], maxBytes = Infinity }: SerializerOptions = {}) {
    this.nothing = codec.encode({})
    if (typeof this.nothing !== 'string' || !isPlainObject(codec.decode(this.nothing)))
      throw invalidOption('codec', 'must encode an object as text, and decode that again')
    this.version = migrations.length + 1
    this.#codec = codec
    this.#schema = schema
    this.#migrations = migrations
    this.#maxBytes = maxBytes
  }

  /** Whether values come back as they were encoded: no schema and no migration has a say. */
  isVerbatim(version: number): boolean {
    return this.#schema === undefined && version >= this.version
  }

  /** @throws TypeError naming the key if the codec can't carry its value */
  check(key: string, value: unknown): void {
    if (value !== undefined) this.#codec.check?.(key, value)
  }

  /** A copy of a value that was checked. It shares nothing with it. */
  copy<T>(value: T): T {
    if (!isObject(value) && !isUnusual(value)) return value
    if (this.#codec === jsonCodec) return copyPlain(value)
    return this.#codec.decode(this.#codec.encode({ value })).value as T
  }

  /** A copy of what the application gives. @throws TypeError naming the key if the codec can't carry its value */
  take<T>(key: string, value: T): T {
    this.check(key, value)
    try {
      const copy = this.copy(value)
      // Many a codec leaves out a function, and says nothing.
      if (isObject(value) || typeof copy === typeof value) return copy
    } catch {
      // The codec's own error may quote the value.
    }
    throw new TypeError(`Session key "${key}" holds what the codec can not carry`)
  }

  isEqual(a: unknown, b: unknown): boolean {
    return isEqual(a, b, (a, b) => this.#codec.encode({ value: a }) === this.#codec.encode({ value: b }))
  }

  /**
   * `version`: of the values; what is newer than this application is stored as it is, if the schema takes it.
   * @throws SessionDataError if the schema refuses the values or throws; SessionTooLargeError; TypeError if the codec can't
   * carry one
   */
  encode(values: Values, version: number): Awaitable<string> {
    return andThen(this.#validate(values, version), (data) => {
      if (data !== values) for (const key of Object.keys(data)) this.check(key, data[key])
      return this.#toText(data)
    })
  }

  /**
   * @throws SessionDataError if the text is not the codec's, a migration fails, the schema refuses what it holds, or one of
   * them makes what the codec can't carry
   */
  decode(text: string, version: number): Awaitable<Values> {
    const values = this.#toValues(text)
    const current = version < this.version ? this.#migrate(values, version) : values
    return andThen(this.#validate(current, version), (data) => {
      if (data !== values) this.#checkMade(data)
      return data
    })
  }

  /** What a migration or the schema has made has not come from the codec. */
  #checkMade(data: Values): void {
    for (const key of Object.keys(data)) {
      try {
        this.check(key, data[key])
      } catch {
        throw new SessionDataError(`is made what the codec can not carry, by a migration or the schema, at: ${key}`)
      }
    }
  }

  #toValues(text: string): Values {
    try {
      const values = this.#codec.decode(text)
      if (isPlainObject(values)) return values
    } catch {
      // The codec's own error may quote the data, so it is not kept as the cause.
    }
    throw new SessionDataError('can not be decoded')
  }

  #toText(values: Values): string {
    const text = this.#codec.encode(values)
    // No character takes more than three bytes.
    if (text.length * 3 > this.#maxBytes) {
      const bytes = new TextEncoder().encode(text).length
      if (bytes > this.#maxBytes) throw new SessionTooLargeError('data', bytes, this.#maxBytes)
    }
    return text
  }

  #migrate(values: Values, version: number): Values {
    let why = ''
    try {
      const migrated = this.#migrations.slice(version - 1).reduce((data, step) => {
        const made: Awaitable<Values> = step(data)
        if (!isPromise(made)) return made
        why = ': a step must not be async'
        // Nobody else hears of it if it rejects, and that would end the process.
        Promise.resolve(made).catch(() => {})
        throw why
      }, values)
      if (isPlainObject(migrated)) return migrated
    } catch {
      // It may quote the data.
    }
    throw new SessionDataError(`of version ${version} can not be brought to version ${this.version}${why}`)
  }

  #validate(data: Values, version: number): Awaitable<Values> {
    if (this.#schema === undefined || Object.keys(data).length === 0) return data
    const accept = (result: StandardSchemaV1.Result<unknown>): Values => {
      const accepted = acceptedBy(result)
      // What this application does not know of newer data, its schema would drop.
      return version > this.version ? data : accepted
    }
    let result: Awaitable<StandardSchemaV1.Result<unknown>>
    try {
      result = toPromise(this.#schema['~standard'].validate(data))
    } catch (error) {
      return notChecked(error)
    }
    return isPromise(result) ? result.then(accept, notChecked) : accept(result)
  }
}

/** The schema itself failed. Its error may quote values, so that it is the cause alone. */
function notChecked(cause: unknown): never {
  throw new SessionDataError('can not be checked: the schema threw', { cause })
}

/** Whether this is no object and yet a codec may not carry it as it is. */
function isUnusual(value: unknown): boolean {
  return Object.is(value, -0) || /^(f|sy|bi)/.test(typeof value)
}

function acceptedBy(result: StandardSchemaV1.Result<unknown>): Values {
  if (result.issues === undefined) {
    if (!isObject(result.value)) throw new SessionDataError('is made no object by the schema')
    // A copy, since it is the schema's own.
    const values: Values = {}
    for (const [key, value] of Object.entries(result.value as Values)) assign(values, key, value)
    return values
  }
  // Paths only: a schema's messages may quote values.
  const paths = result.issues.map(({ path }) => path?.map((part) => String(isObject(part) ? part.key : part)).join('.'))
  throw new SessionDataError(`does not fit the schema at: ${paths.join(', ') || '(the whole)'}`)
}
