import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { html, raw } from 'hono/html'
import { describe, expect, it } from 'vitest'
import { inEngine, newProfile, openBrowser } from './browser.js'
import { secret } from './secret.js'
import { type App, startSite } from './site.js'

const rules = raw(JSON.stringify({ prefetch: [{ urls: ['/account'], eagerness: 'immediate' }] }))

function accountApp(clear: string | undefined, prefetched: () => void): App {
  const app = new Hono().use(session<{ name: string }>({ store: new MemoryStore(), secret, cookie: { secure: false } }))
  app.get('/sign-in', async (c) => {
    ;(await c.var.session.write()).set('name', 'Ada')
    return c.html(html`<a href="/account">account</a><script type="speculationrules">${rules}</script>`)
  })
  app.get('/account', async (c) => {
    if (c.req.header('Sec-Purpose') !== undefined) prefetched()
    return c.text((await c.var.session.read()).get('name') ?? 'nobody', 200, { 'Cache-Control': 'no-store' })
  })
  app.get('/sign-out', async (c) => {
    ;(await c.var.session.write()).destroy()
    if (clear !== undefined) c.header('Clear-Site-Data', clear)
    return c.text('signed out')
  })
  return app
}

describe('a no-store page that was prefetched, and is opened after a sign-out in another tab', () => {
  it.each([
    ['', undefined, inEngine({ chromium: 'Ada', firefox: 'nobody', webkit: 'nobody' })],
    ['with Clear-Site-Data: ', '"prefetchCache", "prerenderCache"', 'nobody'],
  ])('%s%s is that of %s', async (_with, clear, name) => {
    let isPrefetched = false
    const site = await startSite(
      accountApp(clear, () => (isPrefetched = true)),
      'http',
    )
    const browser = await openBrowser({ profile: await newProfile() })
    const first = await browser.newPage()
    await first.visit(site('localhost', '/sign-in'))
    for (let tries = 0; tries < 40 && !isPrefetched; tries++) await new Promise((resolve) => setTimeout(resolve, 50))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(isPrefetched).toBe(inEngine({ chromium: true, firefox: false, webkit: false }))
    const second = await browser.newPage()
    await second.visit(site('localhost', '/sign-out'))
    await first.click('a')
    await first.arrive('/account')
    expect(await first.text()).toBe(name)
  })
})
