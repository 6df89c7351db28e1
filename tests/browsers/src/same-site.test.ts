import { Hono } from 'hono'
import { html } from 'hono/html'
import { describe, expect, it } from 'vitest'
import { openPage, type Page } from './browser.js'
import { countingApp } from './counting-app.js'
import type { Host } from './hosts.js'
import { type Site, startSite } from './site.js'

type SameSite = 'strict' | 'lax' | 'none'

interface Visitor {
  shop: Site
  /** A page of another site that links, and posts, to the shop. */
  page: Page
}

/** A visitor who has counted to 1 in the shop, and is on a page of another host now. */
async function visitorOf(host: Host, sameSite: SameSite, path = '/'): Promise<Visitor> {
  const shop = await startSite(countingApp({ cookie: { sameSite } }))
  const target = shop('shop.test', path)
  const other = await startSite(
    new Hono().get('/', (c) =>
      c.html(
        html`<a href="${target}">to the shop</a><form method="post" action="${target}"><button>post</button></form>`,
      ),
    ),
  )
  const page = await openPage()
  await page.visit(shop('shop.test', '/count'))
  await page.visit(other(host))
  return { shop, page }
}

/** What the shop answers when the visitor clicks. */
async function answerTo(page: Page, selector: 'a' | 'button'): Promise<string> {
  await page.click(selector)
  await page.until(() => location.hostname === 'shop.test' && document.readyState === 'complete')
  return page.text()
}

describe('from another site', () => {
  it.each([
    ['a link', 'lax', 'opens the session', 'a', '1'],
    ['a link', 'strict', 'opens no session', 'a', '0'],
    ['a link', 'none', 'opens the session', 'a', '1'],
    ['a POST', 'lax', 'opens no session', 'button', '0'],
    ['a POST', 'strict', 'opens no session', 'button', '0'],
    ['a POST', 'none', 'opens the session', 'button', '1'],
  ] as const)('%s to a site with sameSite: %s %s', async (_how, sameSite, _outcome, selector, count) => {
    const { shop, page } = await visitorOf('evil.test', sameSite)
    expect(await answerTo(page, selector)).toBe(count)
    // Whatever the answer, the session is still there for the visitor's own next page.
    expect(await page.visit(shop('shop.test'))).toBe('1')
  })

  it('a strict session is there again with the next click within the site', async () => {
    const { page } = await visitorOf('evil.test', 'strict')
    expect(await answerTo(page, 'a')).toBe('0')
    await page.evaluate(() => location.assign('/next'))
    await page.arrive('/next')
    expect(await page.text()).toBe('1')
  })

  it.each(['lax', 'strict'] as const)(
    'a POST that starts a session takes the place of the visitor’s own, with sameSite: %s',
    async (sameSite) => {
      const { shop, page } = await visitorOf('evil.test', sameSite, '/count')
      await page.visit(shop('shop.test', '/count'))
      await page.back()
      expect(await answerTo(page, 'button')).toBe('1')
      expect(await page.visit(shop('shop.test'))).toBe('1')
    },
  )
})

describe('from a subdomain, which is the same site', () => {
  it.each(['lax', 'strict'] as const)('a POST opens the session, with sameSite: %s', async (sameSite) => {
    const { page } = await visitorOf('blog.shop.test', sameSite)
    expect(await answerTo(page, 'button')).toBe('1')
  })
})
