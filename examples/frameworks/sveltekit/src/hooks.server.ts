import { error, isRedirect, redirect } from '@sveltejs/kit'
import { type Handle, type HandleServerError, sequence } from '@sveltejs/kit/hooks'
import { sessions } from './sessions'

// #region sessions
const sessionHandle: Handle = ({ event, resolve }) =>
  sessions.handle(
    event.request,
    async (session) => {
      event.locals.session = session
      try {
        return await resolve(event)
      } catch (thrown) {
        // A hook behind this one may redirect. What is thrown has no headers, so Kit has to set the cookie.
        const cookies = isRedirect(thrown) ? await sessions.commitCookies(session) : []
        for (const { name, value, options } of cookies) event.cookies.set(name, value, options)
        throw thrown
      }
    },
    { failed: ({ status }) => status >= 500 },
  )

export const handleError: HandleServerError = ({ kind, error, event }) => {
  if (kind === 'unknown' || error.status >= 500) sessions.fail(event.request)
  if (kind === 'unknown') console.error(error)
}
// #endregion

const guard: Handle = async ({ event, resolve }) => {
  const { pathname } = event.url
  if (pathname !== '/private' && pathname !== '/forbidden') return resolve(event)
  const session = await event.locals.session.write()
  session.set('user', 'turned away').regenerate()
  if (pathname === '/private') redirect(303, '/')
  error(403)
}

// #region sessions
export const handle = sequence(sessionHandle, guard)
// #endregion
