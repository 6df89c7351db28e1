import { isObject, isPlainObject, MAX_DEPTH } from './plain-values.js'

type IsSame = (a: object, b: object) => boolean

/**
 * Deep equality of plain objects, arrays and primitives; `isSame` decides about two objects of any other kind, and about
 * what lies deeper than a session's values may.
 */
export function isEqual(a: unknown, b: unknown, isSame: IsSame = () => false): boolean {
  return areEqual(a, b, isSame, undefined, 0)
}

function areEqual(a: unknown, b: unknown, isSame: IsSame, known: Alike | undefined, depth: number): boolean {
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false
  if (depth > MAX_DEPTH || !(Array.isArray(a) || (isPlainObject(a) && isPlainObject(b)))) return isSame(a, b)
  const [left, right] = [a, b] as [Record<string, unknown>, Record<string, unknown>]
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  const alike = known ?? new Alike()
  if (!alike.take(a, b)) return true
  return keys.every((key) => Object.hasOwn(right, key) && areEqual(left[key], right[key], isSame, alike, depth + 1))
}

/**
 * Objects that are taken to be equal: each comparison of them is under way, or has come out so. An object that is reached
 * in many ways, as codecs that keep references have them, is so looked at once and not once for each way.
 */
class Alike {
  /** One that an object is equal to, and so on up to the one that stands for all of them. */
  readonly #next: Map<object, object> = new Map()

  /** `false` if these two are taken to be equal already. */
  take(a: object, b: object): boolean {
    const [one, other] = [this.#first(a), this.#first(b)]
    if (one !== other) this.#next.set(one, other)
    return one !== other
  }

  #first(object: object): object {
    let at = object
    for (let next = this.#next.get(at); next !== undefined; next = this.#next.get(at)) {
      // The way is shorter the next time.
      const further = this.#next.get(next)
      if (further !== undefined) this.#next.set(at, further)
      at = further ?? next
    }
    return at
  }
}
