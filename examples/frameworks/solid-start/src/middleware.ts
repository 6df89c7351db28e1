import { createMiddleware } from '@solidjs/start/middleware'
import { toResponse } from 'h3'
import { sessions } from './sessions'

// #region sessions
export default createMiddleware([
  (event, next) => {
    const failed = ({ status }: Response): boolean => status >= 500
    return sessions.handle(event.req, async () => toResponse(await next(), event), { failed })
  },
])
// #endregion
