import type { Awaitable } from './store/store.js'

/** Makes a promise of what can be awaited: a promise of another realm, a query. Everything else stays as it is. */
export function toPromise<T>(value: Awaitable<T>): Awaitable<T> {
  return isPromise(value) ? Promise.resolve(value) : value
}

/** By its `then`, since a promise of our own is no `Promise` where that was replaced (zone.js, polyfills). */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function'
}

/** `next`, at once if the value is there already: where nothing has to be waited for, nothing waits. */
export function andThen<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value)
}
