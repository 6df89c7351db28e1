import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { inEngine, openPage } from './browser.js'
import { countingApp } from './counting-app.js'
import { startSite } from './site.js'

it.each([
  [100, undefined, true],
  [250, undefined, inEngine({ chromium: false, firefox: false, webkit: true })],
  [250, 'medium', inEngine({ chromium: false, firefox: false, webkit: true })],
  [250, 'high', inEngine({ chromium: true, firefox: false, webkit: true })],
] as const)(
  'beside %i other cookies of the site a session with priority %s is kept: %s',
  async (many, priority, isKept) => {
    const app = new Hono()
      .get('/many', (c) => {
        for (let i = 0; i < many; i++) c.header('Set-Cookie', `other-${i}=1; Path=/; Secure`, { append: true })
        return c.text('set')
      })
      .mount('/', countingApp(priority && { cookie: { priority } }).fetch)
    const shop = await startSite(app)
    const page = await openPage()
    await page.visit(shop('shop.test', '/count'))
    await page.visit(shop('shop.test', '/many'))
    expect(await page.visit(shop('shop.test'))).toBe(isKept ? '1' : '0')
  },
)
