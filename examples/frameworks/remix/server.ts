import { createServer } from 'node:http'
import { describe, live } from '@fetch-sessions/example-frameworks-shared'
import { createRouter } from '@remix-run/fetch-router'
import { createRequestListener } from '@remix-run/node-fetch-server'
import { sessions } from './sessions.ts'

const router = createRouter({
  // #region sessions
  middleware: [({ request }, next) => sessions.handle(request, next)],
  // #endregion
})

const home = (): Response => new Response(null, { status: 303, headers: { location: '/' } })

router.get('/', async ({ request }) => new Response(describe(await sessions.read(request))))

router.post('/count', async ({ request }) => {
  const session = await sessions.write(request)
  session.update('count', (n = 0) => n + 1)
  return new Response(describe(session))
})

router.post('/sign-in', async ({ request }) => {
  ;(await sessions.write(request)).set('user', 'ada').regenerate()
  return home()
})

router.post('/sign-out', async ({ request }) => {
  ;(await sessions.write(request)).destroy()
  return home()
})

router.post('/fail', async ({ request }) => {
  ;(await sessions.write(request)).set('count', 1000)
  throw new Error('on purpose')
})

router.get('/public', () => new Response('the same for all'))
router.get('/live', async ({ request }) => new Response(await live(sessions, sessions.open(request))))

createServer(createRequestListener((request) => router.fetch(request))).listen(process.env.PORT ?? 3000)
