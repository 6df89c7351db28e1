import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { Elysia } from 'elysia'
import { sessions } from './sessions.ts'

new Elysia()
  // #region sessions
  .wrap((fetch) => (request: Request) => {
    const failed = ({ status }: Response): boolean => status >= 500
    return sessions.handle(request, async () => (await fetch(request)) as unknown as Response, { failed })
  })
  // #endregion
  .get('/', async ({ request }) => describe(await sessions.read(request)))
  .post('/count', async ({ request }) => {
    const session = await sessions.write(request)
    session.update('count', (n = 0) => n + 1)
    return describe(session)
  })
  .post('/sign-in', async ({ request, redirect }) => {
    ;(await sessions.write(request)).set('user', 'ada').regenerate()
    return redirect('/', 303)
  })
  .post('/sign-out', async ({ request, redirect }) => {
    ;(await sessions.write(request)).destroy()
    return redirect('/', 303)
  })
  .post('/fail', async ({ request }) => {
    ;(await sessions.write(request)).set('count', 1000)
    throw new Error('on purpose')
  })
  .get('/public', () => 'the same for all')
  .get('/live', async ({ request }) => new Response(await live(sessions, sessions.open(request))))
  .listen(process.env.PORT ?? 3000, ({ url }) => console.log(`${url}`))
