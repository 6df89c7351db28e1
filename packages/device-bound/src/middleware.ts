/** What Hono hands to a middleware, as far as it is looked at. */
export interface MiddlewareContext {
  readonly req: { readonly raw: Request }
}

/**
 * A step (`bound.handle`, `bound.guard()`) as a middleware of Hono. itty-router takes steps as they are.
 *
 * @example
 * ```ts
 * app.use(session(sessions)).use(middleware(bound.handle)).use('/account/*', middleware(bound.guard()))
 * ```
 */
export function middleware(
  step: (request: Request) => Promise<Response | undefined> | undefined,
): (context: MiddlewareContext, next: () => Promise<void>) => Promise<Response | undefined> {
  return async (context, next) => {
    const response = await step(context.req.raw)
    if (response !== undefined) return response
    await next()
    return undefined
  }
}
