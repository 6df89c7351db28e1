import type { Handle } from '@sveltejs/kit/hooks'
import { sessions } from './sessions'

// #region sessions
export const handle: Handle = ({ event, resolve }) =>
  sessions.handle(
    event.request,
    (session) => {
      event.locals.session = session
      return resolve(event)
    },
    { failed: ({ status }) => status >= 500 },
  )
// #endregion
