import type { SessionHandle } from '@fetch-sessions/core'
import type { Data } from '@fetch-sessions/example-frameworks-shared'
import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { serve } from 'srvx'
import { sessions } from './sessions.ts'

const t = initTRPC.context<{ session: SessionHandle<Data> }>().create()

/** Has asked for the session before the answer's headers go out, which a subscription can't do itself. */
const withSession = t.procedure.use(async ({ ctx, next }) => {
  await ctx.session.read()
  return next()
})

const router = t.router({
  home: t.procedure.query(async ({ ctx }) => describe(await ctx.session.read())),
  count: t.procedure.mutation(async ({ ctx }) => {
    const session = await ctx.session.write()
    session.update('count', (n = 0) => n + 1)
    return describe(session)
  }),
  'sign-in': t.procedure.mutation(async ({ ctx }) => {
    ;(await ctx.session.write()).set('user', 'ada').regenerate()
  }),
  'sign-out': t.procedure.mutation(async ({ ctx }) => {
    ;(await ctx.session.write()).destroy()
  }),
  fail: t.procedure.mutation(async ({ ctx }) => {
    ;(await ctx.session.write()).set('count', 1000)
    throw new Error('on purpose')
  }),
  public: t.procedure.query(() => 'the same for all'),
  live: withSession.subscription(async function* ({ ctx }) {
    const stream = (await live(sessions, ctx.session)).pipeThrough(new TextDecoderStream())
    for await (const text of stream as unknown as AsyncIterable<string>) yield text
  }),
})

serve({
  port: process.env.PORT ?? 3000,
  // #region sessions
  fetch: (request) =>
    sessions.handle(
      request,
      (session) => fetchRequestHandler({ endpoint: '/', req: request, router, createContext: () => ({ session }) }),
      { failed: ({ status }) => status >= 400 },
    ),
  // #endregion
})
