import type { SessionHandle } from '@fetch-sessions/core'
import { type Data, describe, live } from '@fetch-sessions/example-frameworks-shared'
import { App } from 'fresh'
import { sessions } from './sessions.ts'

interface State {
  session: SessionHandle<Data>
}

const app = new App<State>()

// #region sessions
app.use((ctx) =>
  sessions.handle(
    ctx.req,
    (session) => {
      ctx.state.session = session
      return ctx.next()
    },
    { failed: () => ctx.error !== null },
  ),
)
// #endregion

app.get('/', async ({ state }) => new Response(describe(await state.session.read())))

app.post('/count', async ({ state }) => {
  const session = await state.session.write()
  session.update('count', (n = 0) => n + 1)
  return new Response(describe(session))
})

app.post('/sign-in', async (ctx) => {
  const session = await ctx.state.session.write()
  session.set('user', 'ada').regenerate()
  return ctx.redirect('/', 303)
})

app.post('/sign-out', async (ctx) => {
  const session = await ctx.state.session.write()
  session.destroy()
  return ctx.redirect('/', 303)
})

app.post('/fail', async ({ state }) => {
  const session = await state.session.write()
  session.set('count', 1000)
  throw new Error('on purpose')
})

// Its errors are answered here, inside of the sessions.
app.onError('/answered', () => new Response('Sorry'))
app.post('/answered/fail', async ({ state }) => {
  const session = await state.session.write()
  session.set('count', 1000)
  throw new Error('on purpose')
})

// Outside of them, as are all others.
app.notFound(async ({ state }) => {
  const headers = { vary: 'Cookie' }
  return new Response(`Not found. ${describe(await state.session.read())}`, { status: 404, headers })
})

app.get('/public', () => new Response('the same for all'))
app.get('/live', async ({ state }) => new Response(await live(sessions, state.session)))

await app.listen({ port: Number(Deno.env.get('PORT') ?? 3000) })
