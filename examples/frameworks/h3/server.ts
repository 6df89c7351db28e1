import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { H3, redirect, serve, toResponse } from 'h3'
import { sessions } from './sessions.ts'

// #region sessions
const app = new H3().use((event, next) => sessions.handle(event.req, async () => toResponse(await next(), event)))
// #endregion

app.get('/', async (event) => describe(await sessions.read(event.req)))

app.post('/count', async (event) => {
  const session = await sessions.write(event.req)
  session.update('count', (n = 0) => n + 1)
  return describe(session)
})

app.post('/sign-in', async (event) => {
  const session = await sessions.write(event.req)
  session.set('user', 'ada').regenerate()
  return redirect('/', 303)
})

app.post('/sign-out', async (event) => {
  const session = await sessions.write(event.req)
  session.destroy()
  return redirect('/', 303)
})

app.post('/fail', async (event) => {
  const session = await sessions.write(event.req)
  session.set('count', 1000)
  throw new Error('on purpose')
})

app.get('/public', () => 'the same for all')
app.get('/live', (event) => live(sessions, sessions.open(event.req)))

serve(app, { port: process.env.PORT ?? 3000 })
