import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { html } from 'hono/html'
import { describe, expect, it } from 'vitest'
import { engine, inEngine, newProfile, openBrowser, openPage, type Page } from './browser.js'
import { countingApp } from './counting-app.js'
import { startSite } from './site.js'

/** What a widget with SameSite=None, visited by itself before or not, hears of its session from a page of another site. */
async function sent(
  page: Page,
  isVisited: boolean,
): Promise<{ fetch: string; frame: string; image: boolean | undefined }> {
  let image: boolean | undefined
  const app = new Hono()
    .use(cors({ origin: (origin) => origin, credentials: true }))
    .get('/image', (c) => {
      image = c.req.header('Cookie') !== undefined
      return c.body(null, 404)
    })
    .mount('/', countingApp({ cookie: { sameSite: 'none' } }).fetch)
  const widget = await startSite(app)
  const page_ = html`<iframe src="${widget('widget.test')}"></iframe><img src="${widget('widget.test', '/image')}">`
  const news = await startSite(new Hono().get('/', (c) => c.html(page_)))
  if (isVisited) await page.visit(widget('widget.test', '/count'))
  await page.open(news('news.test'))
  const answer = await page.evaluate(
    async (url) => (await fetch(url, { credentials: 'include' })).text(),
    widget('widget.test'),
  )
  return { fetch: answer, frame: await page.frameText(), image }
}

describe('a SameSite=None session in a fetch, a frame and an image of another site', () => {
  const everywhere = { fetch: '1', frame: '1', image: true }
  const nowhere = { fetch: '0', frame: '0', image: false }

  it('by default', async () => {
    const heard = await sent(await openPage(), true)
    expect(heard).toEqual(inEngine({ chromium: nowhere, firefox: nowhere, webkit: everywhere }))
  })

  it('of a site that was not visited before', async () => {
    expect(await sent(await openPage(), false)).toEqual(nowhere)
  })

  // The two others have no such setting.
  if (engine === 'chromium') {
    it('where third-party cookies are allowed', async () => {
      const browser = await openBrowser({ profile: await newProfile(), thirdParties: 'allowed' })
      expect(await sent(await browser.newPage(), true)).toEqual(everywhere)
    })
  }
})
