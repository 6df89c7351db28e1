import { SessionStoreError } from './errors.js'
import type { Awaitable } from './store.js'

/**
 * Calls the store. A failure becomes a `SessionStoreError`, whether it was thrown or rejected; a store that answers
 * synchronously costs no promise.
 */
export function callStore<T>(operation: string, call: () => Awaitable<T>): Awaitable<T> {
  const fail = (cause: unknown): never => {
    throw new SessionStoreError(operation, cause)
  }
  try {
    const answer = call()
    return isPromise(answer) ? Promise.resolve(answer).catch(fail) : answer
  } catch (cause) {
    return fail(cause)
  }
}

/** A promise of this realm or another, or a query that can be awaited. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function'
}
