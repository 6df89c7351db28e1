import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { describe, expect, it } from 'vitest'
import { inEngine, openPage, type Page } from './browser.js'
import { secret } from './secret.js'
import { startSite } from './site.js'

/** Over plain http, since Chromium has no HTTP cache for a certificate that is worth nothing. */
async function flashPage(cacheControl: string | undefined): Promise<{ page: Page; requests: (string | undefined)[] }> {
  const requests: (string | undefined)[] = []
  const app = new Hono()
    .use(session<{ flash: string }>({ store: new MemoryStore(), secret, cookie: { secure: false } }))
    .get('/save', async (c) => {
      ;(await c.var.session.write()).set('flash', 'Saved.')
      return c.html(html`<a href="/taking">taking</a> <a href="/minding">minding</a>`)
    })
    .use(async (c, next) => {
      if (c.req.path !== '/favicon.ico') requests.push(c.req.header('Sec-Purpose'))
      if (cacheControl !== undefined) c.header('Cache-Control', cacheControl)
      await next()
    })
    .get('/taking', async (c) => c.html((await c.var.session.write()).take('flash') ?? 'nothing'))
    .get('/minding', async (c) => {
      // What docs/browsers.md advises: nobody sees this one, and it is not to be kept.
      if (c.req.header('Sec-Purpose')?.includes('prefetch'))
        return c.text('not ahead of time', 503, { 'Cache-Control': 'no-store' })
      return c.html((await c.var.session.write()).take('flash') ?? 'nothing')
    })
  const site = await startSite(app, 'http')
  const page = await openPage()
  await page.visit(site('localhost', '/save'))
  return { page, requests }
}

/** Has a link prefetched, and waits for the request; in WebKitGTK there is none. */
async function prefetch(page: Page, requests: unknown[], href: string): Promise<void> {
  await page.evaluate(
    (href) => void document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href })),
    href,
  )
  for (let tries = 0; tries < 40 && requests.length === 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  await new Promise((resolve) => setTimeout(resolve, 200))
}

async function clickThrough(page: Page, path: string): Promise<string> {
  await page.click(`a[href="${path}"]`)
  await page.arrive(path)
  return page.text()
}

const lost = 'nothing'

describe('a link that is prefetched, to a page that takes a message', () => {
  it.each([
    [undefined, inEngine({ chromium: lost, firefox: 'Saved.', webkit: 'Saved.' })],
    ['no-store', inEngine({ chromium: lost, firefox: lost, webkit: 'Saved.' })],
    ['private, max-age=60', inEngine({ chromium: 'Saved.', firefox: 'Saved.', webkit: 'Saved.' })],
  ])('with Cache-Control: %s shows "%s"', async (cacheControl, shown) => {
    const { page, requests } = await flashPage(cacheControl)
    await prefetch(page, requests, '/taking')
    expect(requests).toEqual(inEngine({ chromium: ['prefetch'], firefox: ['prefetch'], webkit: [] }))
    expect(await clickThrough(page, '/taking')).toBe(shown)
  })

  it('that minds Sec-Purpose shows it in any engine', async () => {
    const { page, requests } = await flashPage(undefined)
    await prefetch(page, requests, '/minding')
    expect(await clickThrough(page, '/minding')).toBe('Saved.')
  })
})

describe('a page that a script fetches ahead of time, as some routers do', () => {
  it.each([
    [undefined, lost],
    ['no-store', lost],
    ['private, max-age=60', inEngine({ chromium: 'Saved.', firefox: 'Saved.', webkit: lost })],
  ])('with Cache-Control: %s shows "%s" when it is opened', async (cacheControl, shown) => {
    const { page, requests } = await flashPage(cacheControl)
    await page.evaluate(async () => void (await (await fetch('/taking')).text()))
    // Nothing tells it from a visitor.
    expect(requests).toEqual([undefined])
    expect(await clickThrough(page, '/taking')).toBe(shown)
  })
})
