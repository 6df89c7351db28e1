import { diag } from '@opentelemetry/api'

/** Does it, and tells `diag` of what it throws, or of what the promise that it returns is rejected with. */
export function attempt(act: () => unknown): void {
  try {
    const returned = act()
    if (isPromise(returned)) Promise.resolve(returned).catch(tell)
  } catch (error) {
    tell(error)
  }
}

function tell(error: unknown): void {
  try {
    const returned: unknown = diag.error('fetch-sessions: an event could not be recorded', error)
    if (isPromise(returned)) Promise.resolve(returned).catch(() => {})
  } catch {}
}

/** By its `then`: a promise of another realm, or of a polyfill, is no `Promise` of ours. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === 'function'
}
