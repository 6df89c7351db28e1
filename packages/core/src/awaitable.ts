import type { Awaitable } from './store.js'

/** Makes a promise of what can be awaited: a promise of another realm, a query. Everything else stays as it is. */
export function toPromise<T>(value: Awaitable<T>): Awaitable<T> {
  const then: unknown = (value as { then?: unknown } | undefined | null)?.then
  return typeof then === 'function' ? Promise.resolve(value) : value
}

/** For what our own functions return; `toPromise` is for all else. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise
}

/** `next`, at once if the value is there already: where nothing has to be waited for, nothing waits. */
export function andThen<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value)
}
