import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { expect, it } from 'vitest'
import { openPage } from './browser.js'
import { secret } from './secret.js'
import { startSite } from './site.js'

/** Somewhere to sign in by another site, which posts its answer to /callback/... (`response_mode=form_post`). */
const shopApp = new Hono()
  .use(session<{ state: string; cart: number; isKnown: boolean }>({ store: new MemoryStore(), secret }))
  .get('/start', async (c) => {
    const session = await c.var.session.write()
    session.set('state', 'xyz')
    session.set('cart', 3)
    return c.text('started')
  })
  .post('/callback/that-writes', async (c) => {
    const session = await c.var.session.write()
    session.set('isKnown', session.get('state') === 'xyz')
    return c.text('done')
  })
  .post('/callback/that-reads-first', async (c) => {
    const state = (await c.var.session.read()).get('state')
    return state === undefined ? c.text('no session here', 400) : c.text('done')
  })
  .post('/callback/that-goes-on', async (c) => {
    const { state } = await c.req.parseBody<{ state: string }>()
    return c.redirect(`/finish?${new URLSearchParams({ state })}`, 303)
  })
  .get('/finish', async (c) => {
    const session = await c.var.session.write()
    session.set('isKnown', session.get('state') === c.req.query('state'))
    return c.text('finished')
  })
  .get('/', async (c) => {
    const session = await c.var.session.read()
    return c.text(`cart: ${session.get('cart')}, known: ${session.get('isKnown')}`)
  })

it.each([
  ['that writes', 'takes the place of the visitor’s session', 'cart: undefined, known: false'],
  ['that reads first', 'has no session, and leaves the visitor’s as it is', 'cart: 3, known: undefined'],
  ['that goes on', 'to a GET has the session there', 'cart: 3, known: true'],
])('a callback by a cross-site POST %s %s', async (what, _outcome, shown) => {
  const shop = await startSite(shopApp)
  const action = shop('shop.test', `/callback/${what.replaceAll(' ', '-')}`)
  const provider = await startSite(
    new Hono().get('/', (c) =>
      c.html(
        html`<form method="post" action="${action}"><input name="state" value="xyz"><button>Allow</button></form>`,
      ),
    ),
  )
  const page = await openPage()
  await page.visit(shop('shop.test', '/start'))
  await page.visit(provider('id.test'))
  await page.press('Allow')
  await page.until(() => location.hostname === 'shop.test' && document.readyState === 'complete')
  expect(await page.visit(shop('shop.test'))).toBe(shown)
})
