import type { Awaitable } from './store/store.js'

/** Makes a promise of what can be awaited: a promise of another realm, a query. Everything else stays as it is. */
export function toPromise<T>(value: Awaitable<T>): Awaitable<T> {
  return isPromise(value) ? Promise.resolve(value) : value
}

/** By its `then`, since a promise of our own is no `Promise` where that was replaced (zone.js, polyfills). */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function'
}

/**
 * `next` of the value, and of what else is given: at once if the value is there already. Where nothing has to be waited for,
 * nothing waits, and no closure is made.
 */
export function andThen<T, Rest extends Few, R>(
  value: Awaitable<T>,
  next: (value: T, ...rest: Rest) => Awaitable<R>,
  ...rest: Rest
): Awaitable<R>
export function andThen(
  value: unknown,
  next: Next,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
  e?: unknown,
): unknown {
  return isPromise(value) ? later(value, next, a, b, c, d, e) : next(value, a, b, c, d, e)
}

/** As many as `andThen` takes. */
type Few = readonly [a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown]

type Next = (value: unknown, ...rest: Few) => unknown

/** Of its own: a function that makes a closure of its parameters pays for it even where it does not come to that. */
function later(value: Promise<unknown>, next: Next, ...rest: Few): unknown {
  return value.then((value) => next(value, ...rest))
}
