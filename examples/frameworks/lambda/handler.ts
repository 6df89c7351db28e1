import { describe } from '@fetch-sessions/example-frameworks-shared'
import { session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { sessions } from './sessions.ts'

// #region sessions
const app = new Hono().use(session(sessions))
// #endregion

app.get('/', async (c) => c.text(describe(await c.var.session.read())))

app.post('/count', async (c) => {
  const session = await c.var.session.write()
  session.update('count', (n = 0) => n + 1)
  return c.text(describe(session))
})

app.post('/sign-in', async (c) => {
  ;(await c.var.session.write()).set('user', 'ada').regenerate()
  return c.redirect('/', 303)
})

app.post('/sign-out', async (c) => {
  ;(await c.var.session.write()).destroy()
  return c.redirect('/', 303)
})

app.post('/fail', async (c) => {
  ;(await c.var.session.write()).set('count', 1000)
  throw new Error('on purpose')
})

app.get('/public', (c) => c.text('the same for all'))

export const handler = handle(app)
