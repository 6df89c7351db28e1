import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { H3, HTTPError, redirect, serve, toResponse } from 'h3'
import { sessions } from './sessions.ts'

// #region sessions
const app = new H3().use((event, next) => {
  const respond = async (): Promise<Response> => {
    const value = await next()
    if (value instanceof Error) throw value
    return toResponse(value, event)
  }
  return sessions.handle(event.req, respond, { keep: () => false })
})
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

// In other ways, which h3 answers with 500 as well.
app.post('/fail/:way', async (event) => {
  const session = await sessions.write(event.req)
  session.set('count', 1000)
  switch (event.context.params?.way) {
    case 'http-error':
      return new HTTPError({ status: 500 })
    case 'error':
      return new Error('on purpose')
    default:
      throw new Response('on purpose', { status: 403 })
  }
})

app.get('/public', () => 'the same for all')
app.get('/live', (event) => live(sessions, sessions.open(event.req)))

serve(app, { port: process.env.PORT ?? 3000 })
