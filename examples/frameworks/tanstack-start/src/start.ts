import { createMiddleware, createStart } from '@tanstack/react-start'
import { getRequest } from '@tanstack/react-start/server'
import { sessions } from './sessions'

// #region sessions
const tellFailure = createMiddleware({ type: 'function' }).server(({ next }) =>
  next().catch((error) => {
    if (!(error instanceof Response)) sessions().fail(getRequest())
    throw error
  }),
)

export const startInstance = createStart(() => ({ functionMiddleware: [tellFailure] }))
// #endregion
