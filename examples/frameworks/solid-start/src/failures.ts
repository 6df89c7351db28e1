import type { ServerFunctionErrorHandler } from '@solidjs/start/server'
import { getRequestEvent } from 'solid-js/web'

// #region sessions
export const failures = new WeakSet<Request>()

const noteFailure: ServerFunctionErrorHandler = (thrown) => {
  const event = getRequestEvent()
  if (event !== undefined && !(thrown instanceof Response)) failures.add(event.request)
}
// #endregion

export default noteFailure
