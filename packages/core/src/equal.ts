import { isPlainObject } from './codec.js'

/** Deep equality of plain objects, arrays and primitives; `isSame` decides about two objects of any other kind. */
export function isEqual(a: unknown, b: unknown, isSame: (a: object, b: object) => boolean): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((value, index) => isEqual(value, b[index], isSame))
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return isSame(a, b)
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key], isSame))
  )
}
