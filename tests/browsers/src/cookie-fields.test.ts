import { MemoryStore, SessionManager, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { openPage } from './browser.js'
import { secret } from './secret.js'
import { startSite } from './site.js'

const sessions = new SessionManager<{ name: string }>({ store: new MemoryStore(), secret })

it('over HTTP/2, where each cookie may come in a field of its own, the session is found among others', async () => {
  const versions: unknown[] = []
  const app = new Hono<{ Bindings: { incoming?: { httpVersion?: string } } }>()
    .use(session(sessions))
    .get('/begin', async (c) => {
      ;(await c.var.session.write()).set('name', 'Ada')
      for (const name of ['a', 'b', 'z']) c.header('Set-Cookie', `${name}=1; Secure; Path=/`, { append: true })
      return c.text('begun')
    })
    .get('/', async (c) => {
      versions.push(c.env.incoming?.httpVersion)
      return c.text(`${(await c.var.session.read()).get('name')} among ${c.req.header('Cookie')?.split('; ').length}`)
    })
  const site = await startSite(app as never, 'h2')
  const page = await openPage()
  await page.visit(site('shop.test', '/begin'))
  expect([await page.visit(site('shop.test')), versions]).toEqual(['Ada among 4', ['2.0']])
})

it('behind a comma, as some proxies and runtimes join two Cookie fields, no session is found', async () => {
  const { cookie } = await sessions.issue({ name: 'Ada' })
  const nameIn = async (header: string): Promise<string | undefined> =>
    (await sessions.read(new Request('https://shop.test', { headers: { cookie: header } }))).get('name')
  expect([await nameIn(`other=1; ${cookie}`), await nameIn(`other=1, ${cookie}`)]).toEqual(['Ada', undefined])
})
