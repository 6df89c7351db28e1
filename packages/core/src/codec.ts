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
  encode: (data) => JSON.stringify(data),
  decode: (text) => JSON.parse(text) as Record<string, unknown>,
  check(key, value) {
    const problem = findProblem(value, [])
    if (problem !== undefined) {
      throw new TypeError(`The session key "${key}" holds ${problem}, which JSON can not carry`)
    }
  },
}

/** What in `value` JSON can't carry, in words that show no value; `undefined` if all of it survives a round trip. */
function findProblem(value: unknown, ancestors: object[]): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      return Number.isFinite(value) ? undefined : `${value}`
    case 'object':
      return value === null ? undefined : findProblemInside(value, ancestors)
    default:
      return `a value of type ${typeof value}`
  }
}

function findProblemInside(value: object, ancestors: object[]): string | undefined {
  if (ancestors.includes(value)) return 'a cycle'
  const isArray = isPlainArray(value)
  if (!isArray && !isPlainObject(value)) return `an instance of ${value.constructor?.name || 'a class'}`
  if (Object.getOwnPropertySymbols(value).length > 0) return 'a property under a symbol'
  const keys = Object.keys(value)
  if (isArray && keys.length !== value.length) return 'an array with holes or other properties'
  const path = [...ancestors, value]
  for (const key of keys) {
    const inner = (value as Record<string, unknown>)[key]
    // JSON leaves out a property that is undefined, and reading it gives undefined again.
    const problem = inner === undefined && !isArray ? undefined : findProblem(inner, path)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** An object literal, of this realm or of another. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || isRoot(prototype)
}

/** An array literal, of this realm or of another. */
function isPlainArray(value: object): value is unknown[] {
  return Array.isArray(value) && isRoot(Object.getPrototypeOf(Object.getPrototypeOf(value)))
}

/** Whether this is some realm's `Object.prototype`. */
function isRoot(prototype: unknown): boolean {
  return (
    typeof prototype === 'object' &&
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf')
  )
}
