import { SessionStoreError } from './errors.js'
import type { Awaitable, SessionStore } from './store.js'

/**
 * Calls the store. A failure becomes a `SessionStoreError`, whether it was thrown or rejected; a store that answers
 * synchronously costs no promise.
 */
export function callStore<S extends SessionStore, T>(
  store: S,
  operation: string,
  call: (store: S) => Awaitable<T>,
): Awaitable<T> {
  const fail = (cause: unknown): never => {
    throw new SessionStoreError(operation, cause)
  }
  try {
    const answer = call(store)
    return isPromise(answer) ? answer.then(undefined, fail) : answer
  } catch (cause) {
    return fail(cause)
  }
}

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value
}
