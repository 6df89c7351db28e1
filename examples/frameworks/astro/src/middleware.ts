import { defineMiddleware } from 'astro:middleware'
import { sessions } from './sessions'

// #region sessions
export const onRequest = defineMiddleware(({ request, locals }, next) =>
  sessions.handle(request, (session) => {
    locals.session = session
    return next()
  }),
)
// #endregion
