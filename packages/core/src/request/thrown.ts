import { checkFunction } from '../option-error.js'
import { isObject } from '../session/plain-values.js'

/**
 * For adapters: whether this is a `Response`. It is told by what it has, since another realm has a class of its own.
 */
export function isResponse(value: unknown): value is Response {
  // An error of many an HTTP client has a status and headers as well.
  return isObject(value) && 'headers' in value && 'status' in value && 'bodyUsed' in value
}

/** For adapters: whether what was thrown is an answer and no failure, which is a `Response` below 500. */
export function isAnswer(thrown: unknown): thrown is Response {
  return isResponse(thrown) && thrown.status < 500
}

/**
 * For adapters: whether a thrown value is an answer, as their option `keep` says. What that throws itself is no answer, and
 * hides nothing.
 * @throws TypeError if it is no function
 */
export function keeperOf(keep: Keep = isAnswer): (thrown: unknown) => boolean {
  checkFunction('keep', keep)
  return (thrown) => isKeptBy(keep, thrown)
}

type Keep = (thrown: unknown) => unknown

export function isKeptBy(keep: Keep, thrown: unknown): boolean {
  try {
    // A promise is no answer yet, and nobody waits for it.
    return keep(thrown) === true
  } catch {
    return false
  }
}
