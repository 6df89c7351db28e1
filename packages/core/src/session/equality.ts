import { isObject, isPlainObject } from './codec.js'

/** Deep equality of plain objects, arrays and primitives; `isSame` decides about two objects of any other kind. */
export function isEqual(a: unknown, b: unknown, isSame?: (a: object, b: object) => boolean): boolean {
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false
  if (!Array.isArray(a) && !(isPlainObject(a) && isPlainObject(b))) return isSame?.(a, b) ?? false
  const [left, right] = [a, b] as Record<string, unknown>[]
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(left?.[key], right?.[key], isSame))
  )
}
