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

/** JSON, which refuses what would come back as something else. */
export const jsonCodec: SessionCodec = {
  encode: JSON.stringify,
  decode: (text) => JSON.parse(text) as Record<string, unknown>,
  check(key, value) {
    const problem = findProblem(value, [])
    if (problem !== undefined) throw new TypeError(`Session key "${key}" holds ${problem}, which JSON can not carry`)
  },
}

/** What in `value` JSON can't carry, in words that show no value; `undefined` if all of it survives a round trip. */
function findProblem(value: unknown, ancestors: object[]): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return
  if (!isObject(value)) return typeof value === 'number' ? `${value}` : `a ${typeof value}`
  if (ancestors.includes(value)) return 'a cycle'
  const isArray = Array.isArray(value)
  // The prototype of a plain array is one step further from the root.
  if (!isPlainObject(isArray ? Object.getPrototypeOf(value) : value)) {
    return `an instance of ${value.constructor?.name || 'a class'}`
  }
  const keys = Object.keys(value)
  if (isArray ? keys.length !== value.length : Object.getOwnPropertySymbols(value).length > 0) {
    return isArray ? 'an array with holes or other properties' : 'a symbol as a key'
  }
  const path = [...ancestors, value]
  for (const key of keys) {
    const inner = (value as Record<string, unknown>)[key]
    // JSON leaves out a property that is undefined, and reading it gives undefined again.
    const problem = inner === undefined && !isArray ? undefined : findProblem(inner, path)
    if (problem !== undefined) return problem
  }
  return
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** An object literal, of this realm or of another. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!isObject(prototype)) return true
  // Some realm's Object.prototype.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}
