import { createMiddleware, createStart } from '@tanstack/react-start'
import { getRequest } from '@tanstack/react-start/server'
import { sessions } from './sessions'

// #region sessions
const tellFailure = createMiddleware({ type: 'function' }).server(({ next, serverFnMeta }) =>
  next().catch((error) => {
    // Whoever calls a function on the server may catch what it throws.
    const isRequested = new URL(getRequest().url).pathname.endsWith(`/${serverFnMeta.id}`)
    if (isRequested && !(error instanceof Response)) sessions().fail(getRequest())
    throw error
  }),
)

export const startInstance = createStart(() => ({ functionMiddleware: [tellFailure] }))
// #endregion
