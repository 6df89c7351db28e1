import { createMiddleware } from '@solidjs/start/middleware'
import { toResponse } from 'h3'
import { failures } from './failures'
import { sessions } from './sessions'

// #region sessions
export default createMiddleware([
  (event, next) => {
    const failed = ({ status }: Response): boolean => status >= 500 || failures.has(event.req)
    return sessions.handle(event.req, async () => toResponse(await next(), event), { failed })
  },
])
// #endregion
