import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { openPage } from './browser.js'
import { secret } from './secret.js'
import { startSite } from './site.js'

const app = new Hono()
  .use(session<{ name: string }>({ store: new MemoryStore(), secret }))
  .get('/sign-in', async (c) => {
    const session = await c.var.session.write()
    session.regenerate()
    session.set('name', 'Ada')
    const what = c.req.query('clear')
    return c.text('signed in', 200, what === undefined ? {} : { 'Clear-Site-Data': what })
  })
  .get('/sign-out', async (c) => {
    ;(await c.var.session.write()).destroy()
    return c.text('signed out', 200, { 'Clear-Site-Data': '"cookies"' })
  })
  .get('/', async (c) => c.text((await c.var.session.read()).get('name') ?? 'nobody'))

it.each([
  ['"cookies"', 'loses the new session', 'nobody'],
  ['"prefetchCache", "prerenderCache"', 'keeps it', 'Ada'],
])('Clear-Site-Data: %s on a response that signs in %s', async (what, _outcome, name) => {
  const shop = await startSite(app)
  const page = await openPage()
  await page.visit(shop('shop.test', `/sign-in?clear=${encodeURIComponent(what)}`))
  expect(await page.visit(shop('shop.test'))).toBe(name)
})

it('Clear-Site-Data: "cookies" beside the removal cookie of a sign-out does no harm', async () => {
  const shop = await startSite(app)
  const page = await openPage()
  await page.visit(shop('shop.test', '/sign-in'))
  await page.visit(shop('shop.test', '/sign-out'))
  expect([await page.cookies(), await page.visit(shop('shop.test'))]).toEqual([[], 'nobody'])
  await page.visit(shop('shop.test', '/sign-in'))
  expect(await page.visit(shop('shop.test'))).toBe('Ada')
})
