/** How deep objects and arrays may lie in one another. */
export const MAX_DEPTH = 500

/** A copy of plain objects and arrays, as JSON would bring them back. What is nested deeper has been refused before. */
export function copyPlain<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyPlain) as T
  // JSON has no -0.
  if (!isObject(value)) return value === 0 ? (0 as T) : value
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key]
    if (inner !== undefined) assign(copy, key, copyPlain(inner))
  }
  return copy as T
}

/** Objects that `freezePlain` has frozen, with all that is in them. */
const frozen: WeakSet<object> = new WeakSet()

/** Whether there are only plain objects and arrays in it, all the way down: what can be frozen so that it holds. */
export function isPlain(value: unknown, depth = 0, seen: Set<object> = new Set()): boolean {
  if (!isObject(value) || frozen.has(value) || seen.has(value)) return true
  if (depth > MAX_DEPTH || !(Array.isArray(value) || isPlainObject(value))) return false
  seen.add(value)
  return Object.values(value).every((inner) => isPlain(inner, depth + 1, seen))
}

/** Freezes plain objects and arrays, all the way down. */
export function freezePlain<T>(value: T): T {
  if (!isObject(value) || frozen.has(value)) return value
  // Before what is in it: that may lead back here, which a codec other than JSON can carry.
  frozen.add(value)
  for (const inner of Object.values(value)) freezePlain(inner)
  return Object.freeze(value)
}

/** Sets a property of its own, whatever every object inherits under that name; `undefined` deletes it. */
export function assign(values: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) delete values[key]
  else if (Object.hasOwn(values, key) || !(key in values)) values[key] = value
  // Assigning to what every object inherits, such as `__proto__`, would be something else.
  else Object.defineProperty(values, key, { value, writable: true, enumerable: true, configurable: true })
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** An object literal, of this realm or of another. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || !isObject(prototype)) return true
  // Some realm's Object.prototype.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}
