import { defineMiddleware } from 'astro:middleware'
import { sessions } from './sessions'

// #region sessions
/** Those of requests under way. A rewrite comes here again, with a Request of its own and the same locals. */
const underWay = new WeakSet<object>()

export const onRequest = defineMiddleware(async ({ request, locals }, next) => {
  if (underWay.has(locals)) return next()
  const failed = ({ status }: Response): boolean => status >= 500
  return sessions.handle(
    request,
    (session) => {
      locals.session = session
      underWay.add(locals)
      return next().finally(() => underWay.delete(locals))
    },
    { failed },
  )
})
// #endregion
