import { defineMiddleware, toResponse } from 'nitro/h3'
import { sessions } from '../sessions.ts'

// #region sessions
export default defineMiddleware((event, next) => {
  const respond = async (): Promise<Response> => {
    const value = await next()
    if (value instanceof Error) throw value
    return toResponse(value, event)
  }
  return sessions.handle(event.req, respond, { keep: () => false })
})
// #endregion
