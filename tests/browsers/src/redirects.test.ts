import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { describe, expect, it } from 'vitest'
import { inEngine, openPage } from './browser.js'
import { secret } from './secret.js'
import { type App, type Site, startSite } from './site.js'

/** Counts at each step, and says how it was asked at the end. */
function redirectingApp(provider: () => string, sameSite: 'lax' | 'strict' = 'lax'): App {
  return new Hono()
    .use(session<{ steps: string[] }>({ store: new MemoryStore(), secret, cookie: { sameSite } }))
    .get('/', (c) =>
      c.html(html`<a href="/via/302">go</a><a id="away" href="/away">away</a>
        <form method="post">${['302', '303', '307', '308'].map((status) => html`<button formaction="/via/${status}">${status}</button>`)}</form>`),
    )
    .all('/via/:status', async (c) => {
      const session = await c.var.session.write()
      session.update('steps', (steps = []) => [...steps, c.req.param('status')])
      return c.redirect('/end', Number(c.req.param('status')) as 302 | 303 | 307 | 308)
    })
    .get('/away', async (c) => {
      ;(await c.var.session.write()).set('steps', ['away'])
      return c.redirect(provider(), 302)
    })
    .all('/end', async (c) => {
      const steps = (await c.var.session.read()).get('steps') ?? []
      return c.text(`${c.req.method} after ${steps}`)
    })
}

const nowhere = (): string => ''

describe('a redirect that begins a session', () => {
  it.each([
    ['302', 'GET'],
    ['303', 'GET'],
    ['307', 'POST'],
    ['308', 'POST'],
  ])('with %s after a POST brings the cookie along, to a %s', async (status, method) => {
    const site = await startSite(redirectingApp(nowhere))
    const page = await openPage()
    await page.visit(site('shop.test'))
    await page.press(status)
    await page.arrive('/end')
    expect(await page.text()).toBe(`${method} after ${status}`)
  })

  it('to another host of the site does not, whereas one with a domain does', async () => {
    const elsewhere = (site: Site): string => site('www.shop.test', '/end')
    for (const [domain, text] of [
      [undefined, 'GET after '],
      ['shop.test', 'GET after began'],
    ] as const) {
      const app = new Hono()
        .use(session<{ steps: string }>({ store: new MemoryStore(), secret, cookie: domain ? { domain } : {} }))
        .get('/end', async (c) => c.text(`GET after ${(await c.var.session.read()).get('steps') ?? ''}`))
        .get('/', async (c) => {
          ;(await c.var.session.write()).set('steps', 'began')
          return c.redirect(elsewhere(site), 302)
        })
      const site = await startSite(app)
      expect(await (await openPage()).visit(site('shop.test'))).toBe(text)
    }
  })
})

describe('there and back again, by way of another site', () => {
  const trip = async (sameSite: 'lax' | 'strict', how: 'a click' | 'redirects alone'): Promise<string> => {
    let back = ''
    const provider = await startSite(
      new Hono().get('/', (c) =>
        how === 'a click' ? c.html(html`<a href="${back}">Allow</a>`) : c.redirect(back, 302),
      ),
    )
    const shop = await startSite(redirectingApp(() => provider('id.test'), sameSite))
    back = shop('shop.test', '/end')
    const page = await openPage()
    await page.visit(shop('shop.test'))
    await page.click('#away')
    if (how === 'a click') {
      await page.until(() => location.hostname === 'id.test' && document.readyState === 'complete')
      await page.click('a')
    }
    await page.arrive('/end')
    return page.text()
  }

  it.each([
    ['lax', 'a click', 'GET after away'],
    ['lax', 'redirects alone', 'GET after away'],
    ['strict', 'a click', 'GET after '],
    [
      'strict',
      'redirects alone',
      inEngine({ chromium: 'GET after away', firefox: 'GET after ', webkit: 'GET after ' }),
    ],
  ] as const)('with sameSite: %s and %s the session answers "%s"', async (sameSite, how, text) => {
    expect(await trip(sameSite, how)).toBe(text)
  })
})
