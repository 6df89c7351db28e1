import { isObject, isPlainObject, MAX_DEPTH } from './codec.js'

type IsSame = (a: object, b: object) => boolean

/**
 * Deep equality of plain objects, arrays and primitives; `isSame` decides about two objects of any other kind, and about
 * what lies deeper than a session's values may.
 */
export function isEqual(a: unknown, b: unknown, isSame: IsSame = () => false, depth = 0): boolean {
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false
  if (depth > MAX_DEPTH || !(Array.isArray(a) || (isPlainObject(a) && isPlainObject(b)))) return isSame(a, b)
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>]
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key], isSame, depth + 1))
  )
}
