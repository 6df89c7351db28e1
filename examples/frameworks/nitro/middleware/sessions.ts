import { defineMiddleware, toResponse } from 'nitro/h3'
import { sessions } from '../sessions.ts'

// #region sessions
export default defineMiddleware((event, next) =>
  sessions.handle(event.req, async () => toResponse(await next(), event)),
)
// #endregion
