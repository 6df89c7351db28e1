import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { describe, expect, it } from 'vitest'
import { openPage, type Page } from './browser.js'
import { secret } from './secret.js'
import { type App, startSite } from './site.js'

/** A form whose POST leaves a message, and redirects to the page that takes it. */
function formApp(): App {
  const app = new Hono().use(session<{ flash: string }>({ store: new MemoryStore(), secret }))
  return app
    .get('/form', (c) =>
      c.html(
        html`<form method="post"><button formaction="/save/302">302</button><button formaction="/save/303">303</button></form>`,
      ),
    )
    .post('/save/:status', async (c) => {
      ;(await c.var.session.write()).set('flash', 'Saved.')
      return c.redirect('/', c.req.param('status') === '302' ? 302 : 303)
    })
    .get('/read', async (c) => c.text((await c.var.session.read()).get('flash') ?? 'nothing'))
    .get('/', async (c) => {
      // A HEAD request reaches this handler as well. Nobody sees what it takes.
      if (c.req.method === 'HEAD') return c.body(null)
      return c.text((await c.var.session.write()).take('flash') ?? 'nothing')
    })
}

async function pageWithForm(): Promise<{ page: Page; origin: string }> {
  const site = await startSite(formApp())
  const page = await openPage()
  await page.visit(site('shop.test', '/form'))
  return { page, origin: site('shop.test', '') }
}

describe('a message that a POST leaves for the page it redirects to', () => {
  it.each(['302', '303'])('is shown exactly once after a %s, as the visitor’s first session', async (status) => {
    const { page, origin } = await pageWithForm()
    await page.press(status)
    await page.arrive('/')
    const shown = [await page.text()]
    await page.reload()
    shown.push(await page.text())
    await page.visit(`${origin}/`)
    shown.push(await page.text())
    expect(shown).toEqual(['Saved.', 'nothing', 'nothing'])
  })

  it('is shown again by the next POST, and once as well', async () => {
    const { page, origin } = await pageWithForm()
    const shown = []
    for (let posts = 0; posts < 2; posts++) {
      await page.visit(`${origin}/form`)
      await page.press('303')
      await page.arrive('/')
      shown.push(await page.text())
      await page.reload()
      shown.push(await page.text())
    }
    expect(shown).toEqual(['Saved.', 'nothing', 'Saved.', 'nothing'])
  })

  it('is in the answer of a fetch that follows the redirect, and only there', async () => {
    const { page, origin } = await pageWithForm()
    const save = async (): Promise<string> => (await fetch('/save/303', { method: 'POST' })).text()
    expect([await page.evaluate(save), await page.visit(`${origin}/`)]).toEqual(['Saved.', 'nothing'])
  })

  it('outlasts HEAD requests, to the page itself and to others', async () => {
    const { page, origin } = await pageWithForm()
    const saveAndLook = async (): Promise<number[]> => {
      await fetch('/save/303', { method: 'POST', redirect: 'manual' })
      const answers = await Promise.all(['/', '/read', '/form'].map((path) => fetch(path, { method: 'HEAD' })))
      return answers.map(({ status }) => status)
    }
    expect(await page.evaluate(saveAndLook)).toEqual([200, 200, 200])
    expect([await page.visit(`${origin}/`), await page.visit(`${origin}/`)]).toEqual(['Saved.', 'nothing'])
  })
})
