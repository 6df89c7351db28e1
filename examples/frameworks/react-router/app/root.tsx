import type { ReactNode } from 'react'
import { type MiddlewareFunction, Outlet } from 'react-router'
import { sessionContext, sessions } from './sessions'

// #region sessions
export const middleware: MiddlewareFunction<Response>[] = [
  ({ request, context }, next) =>
    sessions.handle(
      request,
      (session) => {
        context.set(sessionContext, session)
        return next()
      },
      { failed: ({ status }) => status >= 500 },
    ),
]
// #endregion

export default function Root(): ReactNode {
  return (
    <html lang="en">
      <body>
        <Outlet />
      </body>
    </html>
  )
}
