import type { ServerFunctionErrorHandler } from '@solidjs/start/server'
import { getRequestEvent } from 'solid-js/web'
import { sessions } from './sessions'

// #region sessions
const tellFailure: ServerFunctionErrorHandler = (thrown) => {
  const event = getRequestEvent()
  if (event !== undefined && !(thrown instanceof Response)) sessions.fail(event.request)
}
// #endregion

export default tellFailure
