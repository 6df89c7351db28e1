import type { Data } from '@fetch-sessions/example-frameworks-shared'
import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { type SessionHandler, withSession } from '@fetch-sessions/fetch'
import { sessions } from './sessions.ts'

// #region sessions
const using = (handler: SessionHandler<Data, []>) => withSession(handler, sessions)
// #endregion

const home = (): Response => new Response(null, { status: 303, headers: { location: '/' } })

const server = Bun.serve({
  port: process.env.PORT ?? 3000,
  routes: {
    '/': using(async (_request, session) => new Response(describe(await session.read()))),
    '/count': {
      POST: using(async (_request, handle) => {
        const session = await handle.write()
        session.update('count', (n = 0) => n + 1)
        return new Response(describe(session))
      }),
    },
    '/sign-in': {
      POST: using(async (_request, session) => {
        ;(await session.write()).set('user', 'ada').regenerate()
        return home()
      }),
    },
    '/sign-out': {
      POST: using(async (_request, session) => {
        ;(await session.write()).destroy()
        return home()
      }),
    },
    '/fail': {
      POST: using(async (_request, session) => {
        ;(await session.write()).set('count', 1000)
        throw new Error('on purpose')
      }),
    },
    '/public': new Response('the same for all'),
    '/live': using(async (_request, session) => new Response(await live(sessions, session))),
  },
  error: () => new Response('Sorry', { status: 500 }),
})

console.log(`${server.url}`)
