import { isObject, isPlainObject, MAX_DEPTH } from './plain-values.js'

/**
 * How a session's data becomes the text that a store keeps. The default is JSON; a codec such as devalue or superjson
 * carries a `Date` or a `Map` as well.
 */
export interface SessionCodec {
  /** Throws a `TypeError` for what it can't carry. */
  encode(data: Record<string, unknown>): string
  /** Throws if the text is not what `encode` makes. */
  decode(text: string): Record<string, unknown>
  /** Optional. Throws a `TypeError` that names `key` if the value can't be carried; called as soon as it is set. */
  check?(key: string, value: unknown): void
}

/** How many values may be written out where objects are reached in more than one way. */
const MAX_WRITTEN_OUT = 1_000_000

/**
 * JSON. It refuses a value that would come back as something else, that is nested more than 500 levels deep, or that
 * has the same objects in it so often that they can't all be written out.
 */
export const jsonCodec: SessionCodec = {
  encode: JSON.stringify,
  decode: (text) => JSON.parse(text) as Record<string, unknown>,
  check(key, value) {
    const problem = isObject(value) ? new JsonCheck().problemOf(value) : problemOf(value)
    if (problem !== undefined) throw new TypeError(`Session key "${key}" holds ${problem}, which JSON can not carry`)
  },
}

/** What JSON makes of an object: how many levels, and how many values with itself, are written out for it. */
interface Extent {
  levels: number
  values: number
}

/** Looks at each object once: JSON writes one that is reached in many ways as often, which can be without end. */
class JsonCheck {
  /** `undefined` for an object that is being looked at. */
  readonly #extents: Map<object, Extent | undefined> = new Map()
  #isShared = false

  /**
   * What in this object JSON can't carry, in words that show no value; `undefined` if all of it survives a round trip.
   */
  problemOf(value: object): string | undefined {
    const found = this.#look(value, 1)
    if (typeof found === 'string') return found
    if (!this.#isShared || found.values <= MAX_WRITTEN_OUT) return undefined
    return `the same objects so often that they are more than ${MAX_WRITTEN_OUT} values written out`
  }

  /** `depth`: of this object, from 1. */
  #look(value: object, depth: number): Extent | string {
    const known = this.#extents.get(value)
    if (known !== undefined) {
      this.#isShared = true
      return depth + known.levels - 1 > MAX_DEPTH ? TOO_DEEP : known
    }
    if (this.#extents.has(value)) return 'a cycle'
    if (depth > MAX_DEPTH) return TOO_DEEP
    const isArray = Array.isArray(value)
    const keys = Object.keys(value)
    const problem = shapeProblem(value, isArray, keys)
    if (problem !== undefined) return problem
    this.#extents.set(value, undefined)
    const extent: Extent = { levels: 1, values: 1 }
    for (const key of keys) {
      const inner = (value as Record<string, unknown>)[key]
      // JSON leaves out a property that is undefined, and reading it gives undefined again.
      if (inner === undefined && !isArray) continue
      const found = isObject(inner) ? this.#look(inner, depth + 1) : problemOf(inner)
      if (typeof found === 'string') return found
      extent.values += found?.values ?? 1
      if (found !== undefined && found.levels >= extent.levels) extent.levels = found.levels + 1
    }
    this.#extents.set(value, extent)
    return extent
  }
}

const TOO_DEEP = `more than ${MAX_DEPTH} levels of objects in one another`

/** Why this object itself is none that JSON can carry. */
function shapeProblem(value: object, isArray: boolean, keys: readonly string[]): string | undefined {
  // The prototype of a plain array is one step further from the root.
  if (!isPlainObject(isArray ? Object.getPrototypeOf(value) : value)) {
    return `an instance of ${value.constructor?.name || 'a class'}`
  }
  if (isArray)
    return keys.length === (value as unknown[]).length ? undefined : 'an array with holes or other properties'
  return Object.getOwnPropertySymbols(value).length > 0 ? 'a symbol as a key' : undefined
}

function problemOf(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return
  return typeof value === 'number' || value === undefined ? `${value}` : `a ${typeof value}`
}
