import type { ServerFunctionErrorHandler } from '@solidjs/start/server'
import { getRequestEvent } from 'solid-js/web'
import { sessions } from './sessions'

// #region sessions
const tellFailure: ServerFunctionErrorHandler = (thrown) => {
  const event = getRequestEvent()
  if (event !== undefined && !(thrown instanceof Response)) sessions.fail(event.nativeEvent.req)
}
// #endregion

export default tellFailure
