import { createMiddleware, createStart } from '@tanstack/react-start'
import { getRequest } from '@tanstack/react-start/server'

// #region sessions
export const failures = new WeakSet<Request>()

const noteFailure = createMiddleware({ type: 'function' }).server(({ next }) =>
  next().catch((error) => {
    if (!(error instanceof Response)) failures.add(getRequest())
    throw error
  }),
)

export const startInstance = createStart(() => ({ functionMiddleware: [noteFailure] }))
// #endregion
